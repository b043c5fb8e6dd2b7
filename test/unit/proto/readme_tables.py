#!/usr/bin/env python3
"""The tables and examples of proto/README.md are the code's and the vectors' own.

    readme_tables.py --write ROOT    put the tables made from the code into the page
    readme_tables.py ROOT            compare, as TAP

Tables stand between the lines `<!-- table: NAME -->` and `<!-- end -->`.  An example is a block of
protobuf text whose first line names its type and the vector it must encode to; `<DOCUMENT.FIELD>`
in it stands for those bytes of documents.json.  Examples are checked where protoc is installed.
"""
import json
import os
import re
import shutil
import subprocess
import sys

CODES = re.compile(r"^\tRPC_(\w+) = (\d+),", re.M)
REASON = re.compile(r'X\((\w+), (\w+), (\w+), \\?\s*"([^"]*)", \\?\s*"([^"]*)"\)')
LIMIT = re.compile(r"^\t(\w+) = ([^,]+),\s*/\* (.*?) \*/$", re.M)
ANY_LIMIT = re.compile(r"^\t(\w+) =", re.M)
RPC = re.compile(r"rpc (\w+)\((\w+)\) returns \((?:(stream) )?(\w+)\)")
SDK_METHOD = re.compile(r'X\((?:\w+, )?"rxcirc\.v1\.(\w+/\w+)", \w+(?:, (true|false))?\)')
DISPATCH = re.compile(r'\{"rxcirc\.v1\.(\w+/\w+)", ([\w| ]+),\s*(\w+),\s*(\w+),\s*(\w+), (\w+)([^}]*)\}')
PB_NAMES = re.compile(r"pb_names = \[([^\]]+)\]")
SERVICE = re.compile(r"^service (\w+) \{", re.M)
DUTIES = {"NO_DUTY": "", "REGISTRAR": " with the registrar's duty",
          "CASES": " with the registrar's or audit duty", "AUDIT": " with the audit duty",
          "REGISTRY": " with the record's duty", "SYSTEM": " with the system duty",
          "ANY_DUTY": " with any duty"}
# The same question, answered as a stream.
SAME_MESSAGES = {"StreamTrail": "QueryTrail"}
ENVELOPES = ("ClientFrame", "ServerFrame")
FIELD = re.compile(r"^  [\w.]+ (\w+) = (\d+);", re.M)
LITERALS = r'((?:"[^"]*"\s*)+)'
RULE = re.compile(r'^\t\{\d+, RULE\("([\w-]+)"\),\s*"([^"]*)",\s*UPLOAD_(FLAG|REFUSE),\s*"([^"]*)",'
                  r'\s*"([^"]*)",\s*' + r",\s*".join([LITERALS] * 4) + r",\s*\.(\w+) = \w+\}", re.M)
LISTS = {"": "", "whole": "", "line": "rxdrugdetail[n].", "diagnosis": "diseinfo[n]."}
TABLE = re.compile(r"(<!-- table: (\w+) -->\n)((?:\|.*\n|\n)*)(<!-- end -->)")
EXAMPLE = re.compile(r"```textproto\n# ([\w.]+) = (\w+\.json) \"([^\"]+)\" (\w+)\n(.*?)```", re.S)
ROLES = {"CALLER_HOSPITAL": "hospital", "CALLER_PHARMACY": "pharmacy", "CALLER_CHANNEL": "channel",
         "OFFICERS": "officer", "CALLER_PROVINCE_OFFICER": "provincial officer",
         "APPLICANTS": "hospital, pharmacy, or one that is not opened yet",
         "PARTIES": "hospital, pharmacy, one that is not opened yet, or officer",
         "FILLERS | OFFICERS": "hospital, pharmacy or officer",
         "HOSPITAL_OR_APPLICANT": "hospital, also one that is not opened yet",
         "FILLERS": "pharmacy; hospital for its own pharmacy",
         "EVERYBODY": "everybody registered, applicants too"}


class Project:
    def __init__(self, root):
        self.root = root

    def read(self, *parts):
        with open(os.path.join(self.root, *parts), encoding="utf-8") as f:
            return f.read()


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n" + "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows]) + "\n\n"


def status_table(project):
    text = project.read("proto", "status.h")
    codes = dict(CODES.findall(text))
    rows = [("`%s`" % name, "%s %s" % (codes[code], code), klass if name != "OK" else "-", english,
             chinese) for name, code, klass, english, chinese in REASON.findall(text)]
    assert len(rows) == len(re.findall(r"^\tX\(", text, re.M)), "a row of status.h was not read"
    return table(("reason", "code", "class", "meaning", "meaning_zh"), rows)


def limits_of(project):
    text = project.read("proto", "limits.h")
    found = LIMIT.findall(text)
    assert len(found) == len(ANY_LIMIT.findall(text)), "a line of limits.h was not read"
    return [(name, eval(value, {"__builtins__": {}}), comment) for name, value, comment in found]


def limits_table(project):
    return table(("name", "value", "meaning"),
                 [("`%s`" % n, str(v), c) for n, v, c in limits_of(project)])


def methods_table(project):
    """The .proto files say which there are; SDK and server must say the same about them."""
    rows = []
    sdk = dict(SDK_METHOD.findall(project.read("client-sdk", "include", "rxcirc", "rxcirc.h")))
    served = {m[0]: m for m in DISPATCH.findall(project.read("server", "session", "dispatch.c"))}
    limits = {name: value for name, value, _ in limits_of(project)}
    limits["DOCUMENT_CALL_MAX"] = limits["DOCUMENT_BODY_MAX"] + limits["SMALL_BODY_MAX"]
    for file in PB_NAMES.search(project.read("proto", "rxcirc", "v1", "meson.build")).group(1).split():
        text = project.read("proto", "rxcirc", "v1", file.strip("',") + ".proto")
        for name, asked, stream, given in RPC.findall(text):
            method = "%s/%s" % (SERVICE.search(text).group(1), name)
            _, role, duty, cap, changes, _, traits = served.pop(method)
            changing = changes == "MUTATING"
            assert sdk.pop(method) == ("" if stream else str(changing).lower()), method
            assert ("STREAM" in traits) == bool(stream), method
            kind = SAME_MESSAGES.get(name, name)
            assert asked == kind + "Request" and given == kind + "Response", method
            rows.append(("`rxcirc.v1.%s`%s" % (method, " (stream)" if stream else ""), ROLES[role] + DUTIES[duty], "yes" if changing else "no",
                         str(limits[cap])))
    assert not sdk and not served, "methods that are in no .proto file"
    return table(("method", "caller", "changes something: needs an idempotency key",
                  "bytes of body at most"), rows)


def c_text(literals):
    """Adjacent C string literals are one text."""
    return "".join(re.findall(r'"([^"]*)"', literals))


def rules_table(project):
    """The rows of upload_rules; a rule of lines or diagnoses has the list's name in its field."""
    text = project.read("server", "rules", "upload_table.c")
    start = text.index("upload_rules[] = {")
    block = text[start:text.index("\n};", start)]
    found = RULE.findall(block)
    assert len(found) == len(re.findall(r"^\t\{", block, re.M)), "a row of the table was not read"
    rows = [("`%s`" % rule, {"REFUSE": "refuses", "FLAG": "flags"}[severity],
             "`%s`" % (LISTS[scope] + field), source, c_text(english), c_text(chinese),
             ", ".join("`%s`" % p for p in parameters.split()))
            for rule, source, severity, parameters, field, english, chinese, _, _, scope in found]
    return table(("rule", "effect", "field", "source", "message", "message_zh", "parameters"), rows)


TABLES = {"status": status_table, "rules": rules_table, "limits": limits_table,
          "methods": methods_table}


def vector_bytes(project, file, name, field):
    data = json.loads(project.read("proto", "vectors", file))
    for group in data.values():
        for case in group if isinstance(group, list) else ():
            if case.get("name") == name:
                return bytes.fromhex(case[field])
    raise KeyError("%s has no \"%s\"" % (file, name))


def escaped(data):
    return '"' + "".join("\\x%02x" % b for b in data) + '"'


def example_agrees(project, kind, file, name, field, text):
    text = re.sub(r"<([\w-]+)\.(\w+)>", lambda m: escaped(
        vector_bytes(project, "documents.json", m.group(1), m.group(2))), text)
    proto = os.path.join(project.root, "proto")
    files = sorted(os.listdir(os.path.join(proto, "rxcirc", "v1")))
    done = subprocess.run(
        ["protoc", "-I", proto, "--encode=" + kind]
        + ["rxcirc/v1/" + f for f in files if f.endswith(".proto")],
        input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        print("# " + done.stderr.decode().replace("\n", "\n# "))
        return False
    return done.stdout == vector_bytes(project, file, name, field)


def fields_left_out(project, page, message):
    """Fields of an envelope that its table in section 3 does not name with their numbers."""
    text = project.read("proto", "rxcirc", "v1", "envelope.proto")
    body = re.search(r"^message %s \{\n(.*?)^\}" % message, text, re.M | re.S).group(1)
    rows = re.search(r"^\| %s \|.*?\n\n" % message, page, re.M | re.S).group(0)
    return [name for name, number in FIELD.findall(body) if "| `%s` %s |" % (name, number) not in rows]


def check(project):
    page = project.read("proto", "README.md")
    tables = {name: body for _, name, body, _ in TABLE.findall(page)}
    examples = EXAMPLE.findall(page)
    print("1..%d" % (len(ENVELOPES) + len(TABLES) + max(1, len(examples))))
    number, failed = 0, not examples
    for message in ENVELOPES:
        number += 1
        left_out = fields_left_out(project, page, message)
        failed = failed or left_out
        print("%s %d - every field of %s is told%s" % ("not ok" if left_out else "ok", number, message,
                                                       ": %s" % left_out if left_out else ""))
    for name in TABLES:
        number += 1
        same = tables.get(name) == TABLES[name](project)
        failed = failed or not same
        print("%s %d - the table of %s is the code's" % ("ok" if same else "not ok", number, name))
    for kind, file, name, field, text in examples:
        number += 1
        if not shutil.which("protoc"):
            print("ok %d - the example \"%s\" # SKIP protoc is not there" % (number, name))
            continue
        same = example_agrees(project, kind, file, name, field, text)
        failed = failed or not same
        print("%s %d - the example \"%s\" is the vector's" % ("ok" if same else "not ok", number,
                                                             name))
    if not examples:
        print("not ok %d - there are examples" % (number + 1))
    return 1 if failed else 0


def write(project):
    page = project.read("proto", "README.md")
    page = TABLE.sub(lambda m: m.group(1) + TABLES[m.group(2)](project) + m.group(4), page)
    with open(os.path.join(project.root, "proto", "README.md"), "w", encoding="utf-8") as f:
        f.write(page)


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--write":
        write(Project(arguments[1]))
        return 0
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        return check(Project(arguments[0]))
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
