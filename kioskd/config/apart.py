"""Reading the configuration in a child process: the validator's memory ends with it, and the daemon loads meanwhile.

On a Raspberry Pi the validator would cost the daemon 12 MiB for life and a third of its start.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from kioskd.config.loaded import Loaded
from kioskd.config.problems import BadConfiguration, Problem

_Answer = Loaded | tuple[Problem, ...]


def load_apart(path: Path, environ: Mapping[str, str], *, need_file: bool) -> Callable[[], Loaded]:
    """Begin to read in a child process; call what is returned to have the result. To be used before any thread is.

    Calling it raises BadConfiguration as `kioskd.config.load` does; RuntimeError if the child ended without a word.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(path, environ, writing, need_file=need_file)
    os.close(writing)

    def result() -> Loaded:
        with os.fdopen(reading, "rb") as pipe:
            sent = pipe.read()
        os.waitpid(child, 0)
        if not sent:
            raise RuntimeError("the configuration could not be read; see the lines above")
        answer: _Answer = pickle.loads(sent)  # noqa: S301 - our own child wrote it
        if isinstance(answer, Loaded):
            return answer
        raise BadConfiguration(answer)

    return result


def _answer(path: Path, environ: Mapping[str, str], writing: int, *, need_file: bool) -> None:
    status = 1
    try:
        from kioskd.config import load  # noqa: PLC0415 - here, and only here, it is loaded

        answer: _Answer
        try:
            answer = load(path, environ, need_file=need_file)
        except BadConfiguration as bad:
            answer = bad.problems
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        status = 0
    except BaseException:  # noqa: BLE001 - a child must end here, whatever happens
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
