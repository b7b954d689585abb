"""Native chatter stays off the terminal; what a person should read does not."""

import os
import subprocess
import sys
import threading

from cutroom.media.watching.native_output import without_chatter


def test_log_lines_of_the_models_are_dropped_and_others_pass(capfd):
    """Written past Python, as the libraries do."""
    with without_chatter():
        os.write(2, b"INFO: [environment.cc:36] Creating LiteRT environment\n")
        os.write(2, b"W0000 00:00:1795170468.700397 inference_runner.cc:1418] Reallocating\n")
        os.write(2, b"A line that matters\n")
    os.write(2, b"INFO: afterwards everything passes\n")

    written = capfd.readouterr().err
    assert written == "A line that matters\nINFO: afterwards everything passes\n"


def test_a_child_that_keeps_the_terminal_open_holds_nobody_up(capfd):
    """Another thread may start a program meanwhile; it outlives the quiet stretch."""
    with without_chatter():
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    os.write(2, b"on we go\n")
    child.communicate()

    assert "on we go" in capfd.readouterr().err


def test_threads_take_turns(capfd):
    """The terminal is whole again after the last of them."""

    def be_quiet() -> None:
        with without_chatter():
            os.write(2, b"INFO: chatter\n")

    threads = [threading.Thread(target=be_quiet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here\n")

    assert capfd.readouterr().err == "still here\n"
