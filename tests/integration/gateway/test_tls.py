"""HTTPS and WSS with a certificate made for the test."""

import asyncio
import datetime as dt
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from testkit.ports import free_port


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return a self-signed certificate for 127.0.0.1 and its key."""
    return make(tmp_path)


def make(directory: Path) -> tuple[Path, Path]:
    """Write a new pair over the last one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "cert.pem", directory / "key.pem"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return certificate, private


async def test_https_and_wss(make_gateway, certificate, name) -> None:
    gateway = await make_gateway(
        security={"enable_tls": True, "certificate_file": str(certificate[0]), "private_key_file": str(certificate[1])}
    )
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    headers = {"X-API-Key": gateway.http.headers["x-api-key"]}
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{gateway.port}", verify=trust) as client:
        answer = await client.get("/livez")
        assert answer.status_code == 200
        assert "max-age" in answer.headers["strict-transport-security"]
        stored = await client.post("/v1/storage/put", params={"key": name}, content=bytes(300_000), headers=headers)
        assert stored.status_code == 201
    url = f"wss://127.0.0.1:{gateway.port}/v1/pubsub/ws?topic={name}"
    origin = f"https://127.0.0.1:{gateway.port}"
    async with connect(url, additional_headers=headers | {"Origin": origin}, ssl=trust) as ws:
        await ws.send(b"x")
        assert await ws.recv() == b"x"


async def test_plain_http_to_a_tls_port_harms_nobody(make_gateway, certificate) -> None:
    gateway = await make_gateway(
        security={"enable_tls": True, "certificate_file": str(certificate[0]), "private_key_file": str(certificate[1])}
    )
    with pytest.raises(httpx.TransportError):
        await gateway.http.get("/livez")
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{gateway.port}", verify=trust) as client:
        assert (await client.get("/livez")).status_code == 200


class Process:
    """A gateway as systemd runs it, with a certificate that is renewed."""

    def __init__(self, directory: Path, certificate: tuple[Path, Path], workers: int) -> None:
        self.workers = workers
        self.port, self.metrics_port = free_port(), free_port()
        self.config, self._log = directory / "gateway.yaml", directory / "log"
        self.config.write_text(
            yaml.safe_dump(
                {
                    "listen_addr": f"127.0.0.1:{self.port}",
                    "metrics_addr": f"127.0.0.1:{self.metrics_port}",
                    "rqlite_dsn": "http://127.0.0.1:1",
                    "p2p_socket": str(directory / "p2p.sock"),
                    "data_dir": str(directory / "data"),
                    "require_auth": False,
                    "workers": workers,
                    "security": {
                        "enable_tls": True,
                        "certificate_file": str(certificate[0]),
                        "private_key_file": str(certificate[1]),
                    },
                }
            )
        )
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "debros.gateway.main", "--config", str(self.config)], stdout=log, stderr=log
            )

    def log(self) -> str:
        return self._log.read_text()

    async def says(self, text: str, times: int = 1) -> None:
        async with asyncio.timeout(120):
            while self.log().count(text) < times:
                assert self.process.poll() is None, self.log()
                await asyncio.sleep(0.02)

    def presented(self) -> bytes:
        """Return the certificate that a new connection is shown."""
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port)) as raw, trust.wrap_socket(raw) as end:
            return end.getpeercert(binary_form=True)

    async def figures(self) -> dict:
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=120)).text
        return {(s.name, *s.labels.values()): s.value for f in text_string_to_metric_families(text) for s in f.samples}

    def hang_up(self) -> None:
        os.kill(self.process.pid, signal.SIGHUP)


def der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)


@pytest.fixture(params=[1, 2])
async def process(request, tmp_path, certificate):
    made = Process(tmp_path, certificate, request.param)
    await made.says("listening")
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()


async def test_a_renewal_closes_nothing_and_wrong_files_change_nothing(process, tmp_path, certificate) -> None:
    first = der(certificate[0])
    async with asyncio.timeout(120):
        while True:
            try:
                assert process.presented() == first
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    url = f"wss://127.0.0.1:{process.port}/v1/pubsub/ws?topic=t"
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port, ssl=trust)

    async def ask() -> bytes:
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
        return head

    async with asyncio.timeout(120), connect(url, ssl=trust) as ws:
        await ask()
        make(tmp_path)
        second = der(certificate[0])
        assert second != first
        process.hang_up()
        await process.says("new connections get the certificate", times=process.workers)
        assert process.presented() == second
        # What was open is open, on the certificate it began with.
        assert (await ask()).startswith(b"HTTP/1.1 200 ")
        assert writer.get_extra_info("ssl_object").getpeercert(binary_form=True) == first
        await ws.send(b"still here")
        assert await ws.recv() == b"still here"

        certificate[1].write_text("no key")
        process.hang_up()
        await process.says("the new certificate is not used; the one in use stays", times=process.workers)
        assert f"{certificate[1]} is not an unencrypted PEM private key" in process.log()
        assert process.presented() == second
        assert (await ask()).startswith(b"HTTP/1.1 200 ")

        found = await process.figures()
        assert found[("debros_gateway_tls_reloads_total", "ok")] == process.workers
        assert found[("debros_gateway_tls_reloads_total", "refused")] == process.workers
        expires = x509.load_der_x509_certificate(second).not_valid_after_utc.timestamp()
        assert found[("debros_gateway_tls_certificate_expiry_timestamp_seconds",)] == expires

        make(tmp_path)
        process.hang_up()
        await process.says("new connections get the certificate", times=2 * process.workers)
        assert process.presented() == der(certificate[0])
    writer.close()
    process.process.terminate()
    assert await asyncio.to_thread(process.process.wait, 120) == 0
    assert "Traceback" not in process.log()
