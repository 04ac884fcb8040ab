"""Views as the contract describes them, one or more for each screen, with words of the kind that a daemon sends."""

from typing import Any

SCREENS = (
    "idle",
    "card",
    "pin",
    "confirm",
    "items",
    "due_date",
    "finish",
    "printing",
    "done",
    "help",
    "staff",
    "out_of_service",
)
LANGUAGES = ("en", "es", "vi", "ru", "zh-Hans")

_ALWAYS = ("session.next_patron", "session.language", "session.show")
_OPEN = ("session.input", "session.cancel", *_ALWAYS)

CHOICES: dict[str, tuple[str, ...]] = {
    "idle": ("session.start", "session.input", *_ALWAYS, "staff.unlock"),
    "card": (*_OPEN, "staff.unlock"),
    "pin": (*_OPEN, "staff.unlock"),
    "confirm": ("session.confirm", "session.cancel", *_ALWAYS),
    "items": (*_OPEN, "session.finish", "session.start", "session.withdraw"),
    "due_date": (*_OPEN, "session.finish", "session.due_date", "staff.lock"),
    "finish": (*_OPEN, "session.finish", "session.withdraw"),
    "printing": ("session.language",),
    "done": ("session.start", "session.input", "session.cancel", *_ALWAYS),
    "help": ("session.start", "session.input", "session.cancel", *_ALWAYS, "staff.unlock"),
    "staff": ("session.start", "session.input", *_ALWAYS, "staff.lock", "mode.set"),
    "out_of_service": ("session.language", "staff.unlock"),
}

# Per screen: key, tone, and the words in the five languages.
_MESSAGES: dict[str, tuple[str, str, tuple[str, str, str, str, str]]] = {
    "card": (
        "scan_card",
        "ask",
        (
            "Scan your library card",
            "Escanee su tarjeta de la biblioteca",
            "Hãy quét thẻ thư viện của quý vị",
            "Отсканируйте читательский билет",
            "请扫描您的借书证",
        ),
    ),
    "pin": (
        "enter_pin",
        "ask",
        ("Type your PIN", "Escriba su PIN", "Nhập mã PIN của quý vị", "Введите ПИН-код", "请输入密码"),
    ),
    "confirm": (
        "still_card",
        "ask",
        (
            "Still the card ending in 4567?",
            "¿Sigue siendo la tarjeta terminada en 4567?",
            "Vẫn là thẻ có số cuối 4567 phải không?",
            "Это по-прежнему билет, номер которого кончается на 4567?",
            "仍是尾号 4567 的证件吗？",
        ),
    ),
    "items": (
        "scan_items",
        "ask",
        (
            "Scan your items, one at a time",
            "Escanee los artículos uno por uno",
            "Hãy quét từng tài liệu một",
            "Сканируйте книги по одной",
            "请逐一扫描要借的书",
        ),
    ),
    "finish": (
        "choose_paper",
        "ask",
        (
            "Would you like something on paper?",
            "¿Quiere algo en papel?",
            "Quý vị có muốn in ra giấy không?",
            "Напечатать что-нибудь на память?",
            "需要打印纸质凭条吗？",
        ),
    ),
    "printing": (
        "printing",
        "ok",
        (
            "Printing. Please take your slip.",
            "Imprimiendo. Recoja su papel.",
            "Đang in. Xin nhận giấy của quý vị.",
            "Печатаем. Возьмите, пожалуйста, чек.",
            "正在打印，请取走凭条。",
        ),
    ),
    "done": (
        "done_recorded",
        "ok",
        (
            "Recorded: 3 items. You can take them.",
            "Guardado: 3 artículos. Puede llevárselos.",
            "Đã lưu: 3 tài liệu. Quý vị có thể mang đi.",
            "Сохранено: 3. Можно брать с собой.",
            "已记录 3 件，可以带走了。",
        ),
    ),
    "out_of_service": (
        "storage",
        "stop",
        (
            "This station cannot save loans right now. Please use another one or ask staff.",
            "Este puesto no puede guardar préstamos ahora. Use otro o consulte al personal.",
            "Trạm này hiện không lưu được lượt mượn. Xin dùng trạm khác hoặc hỏi nhân viên.",
            "Этот терминал сейчас не может сохранять выдачи. Воспользуйтесь другим или обратитесь к сотруднику.",
            "本机暂时无法保存借阅记录，请使用其他自助机或找工作人员。",
        ),
    ),
}

_LINE_WORDS: dict[str, tuple[str, str, str, str, str]] = {
    "checking": ("Checking …", "Comprobando…", "Đang kiểm tra…", "Проверяем…", "正在核对…"),
    "checked_out": ("Borrowed", "Prestado", "Đã mượn", "Выдано", "已借出"),
    "renewed": ("Renewed", "Renovado", "Đã gia hạn", "Продлено", "已续借"),
    "recorded": (
        "Recorded. You can take it.",
        "Guardado. Puede llevárselo.",
        "Đã lưu. Quý vị có thể mang đi.",
        "Сохранено. Можно брать.",
        "已记录，可以带走。",
    ),
    "refused": (
        "Cannot be borrowed here. Please ask staff.",
        "No se puede llevar aquí. Consulte al personal.",
        "Không mượn được ở đây. Xin hỏi nhân viên.",
        "Здесь взять нельзя. Обратитесь к сотруднику.",
        "这件不能在此借出，请找工作人员。",
    ),
    "withdrawn": ("Taken off the list", "Quitado de la lista", "Đã bỏ khỏi danh sách", "Убрано из списка", "已移除"),
}


def words(table: tuple[str, str, str, str, str], language: str) -> str:
    return table[LANGUAGES.index(language)]


def line(
    n: int, result: str = "recorded", *, title: str | None = None, due: str | None = None, language: str = "en"
) -> dict[str, Any]:
    return {
        "n": n,
        "item": f"3{n:04}900123456"[:14],
        "result": result,
        "reason": "ils_refused" if result == "refused" else None,
        "text": words(_LINE_WORDS[result], language),
        "title": title,
        "due": due,
    }


def lines(language: str, *, offline: bool) -> list[dict[str, Any]]:
    """A handful of items: offline by number alone, online with titles and every kind of answer."""
    if offline:
        return [line(n, language=language) for n in (1, 2, 3)]
    return [
        line(1, "checked_out", title="The Left Hand of Darkness", due="2026-12-14", language=language),
        line(2, "refused", title="Atlas der abgelegenen Inseln", language=language),
        line(3, "renewed", title="红楼梦", due="2026-12-07", language=language),
        line(4, "withdrawn", title="Война и мир. Том первый", language=language),
        line(5, "checking", language=language),
        line(
            6,
            "checked_out",
            title="Cien años de soledad: edición conmemorativa",
            due="12/20/2026 23:59",
            language=language,
        ),
    ]


def view(screen: str, *, language: str = "en", mode: str = "online", seq: int = 1, **changes: Any) -> dict[str, Any]:
    """A View of `screen` that a daemon could send; `changes` replace fields."""
    offline = mode != "online"
    at_desk = screen in {"idle", "help", "staff", "out_of_service"}
    key, tone, texts = _MESSAGES.get(screen, ("", "", ("", "", "", "", "")))
    found: dict[str, Any] = {
        "seq": seq,
        "session": None if at_desk else "7c1b",
        "station": {"id": "CENTRAL-3", "kind": "self", "time": "14:05"},
        "screen": screen,
        "flow": None if at_desk else "checkout",
        "language": language,
        "mode": {
            "name": mode,
            "since": "2026-11-23T13:58:00-08:00",
            "reason": "no_answer" if offline else "",
            "forced": False,
            "slow": False,
        },
        "patron": {"label": "••••4567"} if screen in {"confirm", "items", "due_date", "finish", "printing"} else None,
        "items": lines(language, offline=offline)
        if screen in {"confirm", "items", "finish", "printing", "done"}
        else [],
        "message": {"key": key, "params": {}, "text": words(texts, language), "tone": tone} if key else None,
        "timer": None,
        "choices": list(CHOICES[screen]),
        "due_date": {"date": "2026-12-18", "scope": "next_item"} if screen == "due_date" else None,
        "staff": {"unlocked": screen in {"staff", "due_date"}, "by": "MK" if screen in {"staff", "due_date"} else None},
        "unsent": 12 if offline else 0,
        "exceptions": 1 if offline else 0,
        "paper": "ok",
        "upload": None,
    }
    return found | changes
