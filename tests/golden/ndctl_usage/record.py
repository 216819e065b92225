#!/usr/bin/env python3
"""Runs commands.txt with the ndctl and daxctl 76.1 of a machine without nvdimms; writes usage.txt.

commands.txt: `+ COMMAND` is answered by the option parsing alone, `= COMMAND` gets past it (and then finds no device).
usage.txt: the command, `>` stdout and `!` stderr lines, `# rc=N`; a last line without line end is marked `>\\` or `!\\`.
`!usage` stands for the whole usage text of that command, which is what `COMMAND -h` prints (recorded in full there).
"""
import os, shlex, subprocess
here = os.path.dirname(os.path.abspath(__file__))
usages = {}

def show(mark, text):
    lines = text.split("\n")
    last = lines.pop()
    return [mark + l for l in lines] + ([mark + "\\" + last] if last else [])

with open(os.path.join(here, "commands.txt")) as commands, open(os.path.join(here, "usage.txt"), "w") as out:
    for line in commands.read().splitlines():
        if not line or line.startswith("#"):
            continue
        words = shlex.split(line[2:])
        r = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, env={"PATH": "/usr/bin", "LC_ALL": "C"}, cwd="/")
        stdout, stderr = r.stdout.decode(), r.stderr.decode()
        name = " ".join(words[:2])
        text = [line] + show(">", stdout)
        usage = usages.get(name)
        if words[2:] == ["-h"]:
            usages[name] = stderr
        if usage and stderr.endswith(usage):
            text += show("!", stderr[:-len(usage)]) + ["!usage"]
        else:
            text += show("!", stderr)
        print("\n".join(text + [f"# rc={r.returncode}"]), file=out)
