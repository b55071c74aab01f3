"""HTTPS and WSS with a certificate made for the test."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return a self-signed certificate for 127.0.0.1 and its key."""
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
    certificate, private = tmp_path / "cert.pem", tmp_path / "key.pem"
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
