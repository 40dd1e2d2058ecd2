"""Runs lessons for the pages. Each program runs once, in a terminal, and its output and figures are kept in
build/site-work/runs until the program or its arguments change.

A run that measures says on the page where and when it was made. If other programs used the computer meanwhile, it is
run again, up to three times, and the quietest run counts. One that was never quiet says so on the page, and is made
again by the next ./course site that finds the computer idle.
"""

import datetime
import hashlib
import json
import os
import pty
import shlex
import signal
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)
TIME_LIMIT = 120  # seconds for a program
TRIES = 3
PHONE = 400  # the width of a timeline for phones, whose text is 14 high
BUSY = 0.1  # the share of all processors that other programs may use while a lesson measures


def processor():
    """Returns the name of this computer's processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def cpus():
    return len(os.sched_getaffinity(0))


def computer_is_idle():
    return os.getloadavg()[0] < 0.5 * cpus()


def used_by_all():
    """Returns the busy seconds of all processors together since the computer was started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def others_share(all_used, own, elapsed):
    """Returns the share of all processors that other programs used during a run; a few clock ticks are noise."""
    others = all_used - own
    return 0.0 if others < 0.05 else min(others / (os.cpu_count() * elapsed), 1.0)


def run_in_terminal(program, arguments, folder):
    """Returns output, exit status, and the share of the processors that others used. The program writes to a terminal;
    to a pipe it would write in another order."""
    keeper, terminal = pty.openpty()
    modes = termios.tcgetattr(terminal)
    modes[1] &= ~termios.OPOST  # no carriage returns
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    environment = dict(os.environ, TERM="dumb", NO_COLOR="1", COLUMNS="100", LC_ALL="C.UTF-8")
    start, used = time.monotonic(), used_by_all()
    process = subprocess.Popen(
        [program, *arguments], cwd=folder, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
    )
    os.close(terminal)

    def stop():
        os.killpg(process.pid, signal.SIGKILL)

    watch = threading.Timer(TIME_LIMIT, stop)
    watch.start()
    output = b""
    try:
        while piece := os.read(keeper, 65536):
            output += piece
    except OSError:  # the last process has closed the terminal
        pass
    _, status, resources = os.wait4(process.pid, 0)  # its own time and that of all children it waited for
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.cancel()
    os.close(keeper)
    own = resources.ru_utime + resources.ru_stime
    others = others_share(used_by_all() - used, own, time.monotonic() - start)
    return output.decode(errors="replace"), process.returncode, others


class Runs:
    """Keeps runs, and makes new ones."""

    def __init__(self, course_build):
        self.build = Path(course_build).resolve()

    def program(self, chapter, name):
        return self.build / chapter / name

    def get(self, chapter, name, arguments, drawings=(), measures=False):
        """Returns the record of a run and the folder with its drawings, which are pairs of an option, such as --plot, and the
        name of the file to draw."""
        program = self.program(chapter, name)
        wanted = json.dumps([name, arguments, drawings])
        key = hashlib.sha256(program.read_bytes() + wanted.encode()).hexdigest()[:24]
        folder = self.build / "site-work" / "runs" / f"{name}-{key}"
        record = folder / "run.json"
        best = json.loads(record.read_text()) if record.exists() else None
        if best and not (measures and best["others"] > BUSY and computer_is_idle()):
            return best, folder
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(TRIES if measures else 1):
            if attempt and os.getloadavg()[0] > 2 * cpus():
                break  # another try would be no better
            logger.info("running %s%s", shlex.join([name, *arguments]), " once more" if attempt else "")
            with tempfile.TemporaryDirectory() as work:
                options = [part for drawing in drawings for part in drawing]
                output, status, others = run_in_terminal(program, [*arguments, *options], work)
                if best and best["others"] <= others:
                    continue
                best = {"output": output, "status": status, "others": others, "processor": processor(),
                        "cpus": cpus(), "date": datetime.date.today().isoformat()}
                for _, file in drawings if status == 0 else ():
                    (folder / file).write_bytes((Path(work) / file).read_bytes())
            record.write_text(json.dumps(best))
            if others <= BUSY:
                break
        return best, folder

    @staticmethod
    def forget(folder):
        """Drops a run that ended in another way than the page says, so that the next build runs the program again."""
        (folder / "run.json").unlink()

    def drawer(self):
        return self.program("01_process/lesson", "mp_timeline")

    def recorded(self, chapter, name, arguments):
        """Returns the folder with a run's timeline, NAME_timeline.json, NAME_timeline.svg and NAME_timeline_narrow.svg,
        and its exit status."""
        program = self.program(chapter, name)
        key = hashlib.sha256(program.read_bytes() + self.drawer().read_bytes() + json.dumps(arguments).encode()).hexdigest()[:24]
        folder = self.build / "site-work" / "runs" / f"{name}-timeline-{key}"
        events, record = folder / f"{name}_timeline.json", folder / "run.json"
        if not record.exists():
            folder.mkdir(parents=True, exist_ok=True)
            logger.info("running %s", shlex.join([name, *arguments]))
            with tempfile.TemporaryDirectory() as work:
                _, status, _ = run_in_terminal("env", [f"MP_TIMELINE={events}", program, *arguments], work)
            subprocess.run([self.drawer(), events, folder / f"{name}_timeline.svg"], check=True)
            subprocess.run([self.drawer(), events, folder / f"{name}_timeline_narrow.svg", str(PHONE)], check=True)
            record.write_text(json.dumps({"status": status}))
        return folder, json.loads(record.read_text())["status"]


def date_in_words(date):
    day = datetime.date.fromisoformat(date)
    return f"{day.day} {day:%B %Y}"


def where_measured(record):
    """Returns the sentences below a measurement."""
    place = f"Measured on {record['processor']} with {record['cpus']} processors, {date_in_words(record['date'])}."
    if record["others"] > BUSY:
        place += (f" Other programs used {record['others']:.0%} of the processors meanwhile, so these times are too"
                  " long. The next ./course site on an idle computer measures again.")
    return place
