// The way to the bridge. It heals by itself; requests on a lost connection are lost, for the next View tells all.

const RETRY_MS = 300;

/** The token of this page and the mark of its build, as the server wrote them into `html`. */
function credentials(html) {
  return /<meta name="kioskd" content="(\S+) (\S+)">/.exec(html)?.slice(1) ?? null;
}

/** Connect, and stay connected. Calls `hear(message)` for each message; `{bridge: "down"}` is also the link's own. */
export function link(hear) {
  let [token, build] = document.querySelector('meta[name="kioskd"]').content.split(" ");
  let socket = null;
  let last_id = 0;

  function open() {
    socket = new WebSocket(`ws://${location.host}/socket`, ["kioskd.1", `token.${token}`]);
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = () => {
      hear({ bridge: "down" });
      setTimeout(again, RETRY_MS);
    };
  }

  // A new run of the server has a new token, and perhaps a new page. The page is left only once the server answers.
  async function again() {
    try {
      const answer = await fetch("/", { cache: "no-store" });
      const fresh = answer.ok ? credentials(await answer.text()) : null;
      if (fresh === null) throw new Error("no page");
      if (fresh[1] !== build) return location.reload();
      token = fresh[0];
      open();
    } catch {
      setTimeout(again, RETRY_MS);
    }
  }

  open();
  return {
    /** Send a request and return its id; null while there is no connection. */
    ask(method, params) {
      if (socket.readyState !== WebSocket.OPEN) return null;
      last_id += 1;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: last_id, method, params }));
      return last_id;
    },
  };
}
