"""The programs of the stand-in for UFW (testkit.ufw), run as `ufw_program.py ROOT NAME ARGUMENTS…`."""

import json
import re
import sys
from pathlib import Path

ROOT, NAME, WORDS = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
ETC, KERNEL = ROOT / "etc", ROOT / "kernel.json"
ANY = {4: "0.0.0.0/0", 6: "::/0"}
FILES = {4: ETC / "ufw/user.rules", 6: ETC / "ufw/user6.rules"}
CHAINS = {4: "ufw-user-input", 6: "ufw6-user-input"}


def change(file, key, value):
    path = ETC / file
    path.write_text(re.sub(rf"^{key}=.*$", f"{key}={value}", path.read_text(), flags=re.MULTILINE))


def is_on():
    return "ENABLED=yes" in (ETC / "ufw/ufw.conf").read_text()


def tuples(family):
    return [line.split() for line in FILES[family].read_text().splitlines() if line.startswith("### tuple ###")]


def write(family, rules):
    FILES[family].write_text("*filter\n### RULES ###\n\n" + "".join(" ".join(rule) + "\n" for rule in rules))


def load():
    chains = {}
    for family, chain in CHAINS.items():
        lines = [f"-N {chain}"]
        for _, _, _, action, protocol, port, _, _, source, *_ in tuples(family):
            who = "" if source == ANY[family] else f"-s {source} "
            if who and "/" not in source:
                who = f"-s {source}/{32 if family == 4 else 128} "
            verdict = "DROP" if action == "deny" else "ACCEPT"
            lines.append(f"-A {chain} {who}-p {protocol} -m {protocol} --dport {port} -j {verdict}")
        chains[chain] = "\n".join(lines)
    KERNEL.write_text(json.dumps(chains))


def rule_command(words):
    delete = words[0] == "delete"
    action, pairs = words[delete], words[1 + delete :]
    given = dict(zip(pairs[::2], pairs[1::2], strict=True))
    source = given["from"]
    if is_on() and not KERNEL.exists():
        sys.exit("ERROR: problem running")  # its chains are missing
    for family in [4, 6] if source == "any" else [6 if ":" in source else 4]:
        key = [given["proto"], given["port"], ANY[family], "any", ANY[family] if source == "any" else source]
        rule = ["###", "tuple", "###", action, *key, "in"]
        if "comment" in given:
            rule.append("comment=" + given["comment"].encode().hex())
        rules = tuples(family)
        same = [other for other in rules if other[4:9] == key and other[9] == "in"]
        if delete:
            rules = [other for other in rules if other not in same or other[3] != action]
        elif same:
            rules[rules.index(same[0])] = rule
        else:
            rules.append(rule)
        write(family, rules)
    if is_on():
        load()


def show_added():
    """Print rules as ufw 0.36 does: in their shortest form, those for everybody once."""
    if not any(tuples(family) for family in (4, 6)):
        return ["Added user rules (see 'ufw status' for running firewall):", "(None)"]
    lines = ["Added user rules (see 'ufw status' for running firewall):"]
    for family in (4, 6):
        for _, _, _, action, protocol, port, _, _, source, _, *comment in tuples(family):
            spec = (
                f"{port}/{protocol}" if source == ANY[family] else f"from {source} to any port {port} proto {protocol}"
            )
            said = bytes.fromhex(comment[0].removeprefix("comment=")).decode() if comment else ""
            line = f"ufw {action} {spec}" + (f" comment '{said}'" if said else "")
            if line not in lines:
                lines.append(line)
    return lines


def ufw(words):
    with (ROOT / "calls").open("a") as log:
        log.write(" ".join(words) + "\n")
    broken = ROOT / "fail"
    if broken.exists() and re.search(broken.read_text(), " ".join(words)):
        sys.exit("ERROR: problem running")
    match [word for word in words if word != "--force"]:
        case ["enable"]:
            change("ufw/ufw.conf", "ENABLED", "yes")
            load()
        case ["disable"]:
            change("ufw/ufw.conf", "ENABLED", "no")
            KERNEL.unlink(missing_ok=True)
        case ["status"]:
            sys.stdout.write(f"Status: {'active' if is_on() else 'inactive'}\n")
        case ["show", "added"]:
            sys.stdout.write("\n".join(show_added()) + "\n")
        case ["reload"]:
            load()
        case ["default", policy, "incoming"]:
            change("default/ufw", "DEFAULT_INPUT_POLICY", {"allow": '"ACCEPT"', "deny": '"DROP"'}[policy])
        case rule:
            rule_command(rule)


def iptables(words):
    if not KERNEL.exists():
        sys.exit(1)
    sys.stdout.write(json.loads(KERNEL.read_text())[words[-1]] + "\n")


(ufw if NAME == "ufw" else iptables)(WORDS)
