#!/usr/bin/env python3
"""The files an operator reads say what the program does; prints TAP.

    deploy_files.py RXCIRCD             compare
    deploy_files.py --update RXCIRCD    write the example and the manual's settings anew
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
EXAMPLE = os.path.join(ROOT, "deploy", "rxcircd.conf.example")
MANUAL_CONF = os.path.join(ROOT, "deploy", "man", "rxcircd.conf.5")
MANUAL = os.path.join(ROOT, "deploy", "man", "rxcircd.8")
SERVICE = os.path.join(ROOT, "deploy", "rxcircd.service")
BEGIN = '.\\" settings: made from the table by test/e2e/net/deploy_files.py --update\n'
END = '.\\" settings: end\n'
BLOCK = re.compile(r"# (?P<help>.+)\n# (?P<rule>.+)\n#(?P<name>\w+) = ?(?P<default>.*)\n")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def printed(program, *arguments):
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


def settings(example):
    return [match.groupdict() for match in BLOCK.finditer(example)]


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def manual_section(example):
    out = [".Bl -tag -width indent\n"]
    for row in settings(example):
        rule = [part.strip() for part in row["rule"].split(";")]
        reload = "taken over on reload" in rule
        words = [rule[0]]
        if "must be given" in rule:
            words.append("must be given")
        else:
            words.append("default " + (row["default"] or "empty"))
        if reload:
            words.append("reload")
        out.append(".It Va %s\n" % row["name"])
        for sentence in re.split(r"(?<=[.;])\s+", row["help"]):
            out.append(escaped(sentence) + "\n")
        out.append(".br\n(%s)\n" % escaped("; ".join(words)))
    out.append(".El\n")
    return "".join(out)


def manual_with(section):
    text = read(MANUAL_CONF)
    before, rest = text.split(BEGIN)
    return before + BEGIN + section + END + rest.split(END)[1]


def update(program):
    example = printed(program, "--print-config-example")
    with open(EXAMPLE, "w", encoding="utf-8") as file:
        file.write(example)
    manual = manual_with(manual_section(example))
    with open(MANUAL_CONF, "w", encoding="utf-8") as file:
        file.write(manual)


def formatter_complaints(path):
    """What the formatter has to say about a manual page; None when there is no formatter."""
    if shutil.which("mandoc"):
        command = ["mandoc", "-Tlint", "-Wwarning", path]
    elif shutil.which("groff"):
        command = ["groff", "-mandoc", "-Tutf8", "-ww", "-z", path]
    else:
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip()


def check(program):
    example = printed(program, "--print-config-example")
    rows = settings(example)
    help_text = printed(program, "--help")
    results = []

    def case(name, passed, why=""):
        results.append(passed)
        print("%s %d %s" % ("ok" if passed else "not ok", len(results), name))
        if not passed and why:
            print("#   " + why.replace("\n", "\n#   "))

    stale = "run test/e2e/net/deploy_files.py --update RXCIRCD"
    listed = re.findall(r"^  ([a-z_]+)  ", help_text, re.M)
    case("every setting of the program is in its own example",
         rows and [row["name"] for row in rows] == listed)
    case("the example file is what the program prints", read(EXAMPLE) == example, stale)
    case("the manual's settings are those of the table",
         read(MANUAL_CONF) == manual_with(manual_section(example)), stale)
    actions = re.findall(r"^  --([a-z-]+) ", help_text, re.M)
    manual = read(MANUAL)
    missing = [action for action in actions if "Fl -%s" % action not in manual]
    case("the manual explains every option", actions and not missing, " ".join(missing))
    codes = re.findall(r"(?:Exit status:|;) (\d) ", help_text)
    missing = [code for code in codes if ".It %s\n" % code not in manual]
    case("the manual explains every exit status", len(codes) == 4 and not missing,
         " ".join(missing))
    service = read(SERVICE)
    case("the service is told when it is ready and stopped in time", "Type=notify\n" in service
         and "TimeoutStopSec=" in service and "LimitCORE=0\n" in service)
    for path in (MANUAL, MANUAL_CONF):
        complaints = formatter_complaints(path)
        name = "%s can be formatted" % os.path.basename(path)
        if complaints is None:
            results.append(True)
            print("ok %d %s # SKIP neither mandoc nor groff is installed" % (len(results), name))
        else:
            case(name, complaints == "", complaints)
    print("1..%d" % len(results))
    return 0 if all(results) else 1


if __name__ == "__main__":
    if sys.argv[1] == "--update":
        update(sys.argv[2])
    else:
        sys.exit(check(sys.argv[1]))
