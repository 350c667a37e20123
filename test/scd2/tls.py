"""A TLS door to the local endpoint.

Delta's log store (AWS SDK for Java 1) takes no endpoint, and speaks HTTPS only. The
SDK can be told, by a file of regions, that DynamoDB is here; a certificate of our own
and this relay are what is left to make it so. The log store itself stays as it is.
"""

import contextlib
import datetime
import ipaddress
import pathlib
import socket
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Door:
    """Listens on a free port of loopback; what comes in goes to the endpoint's port."""

    def __init__(self, folder: pathlib.Path, port: int, region: str):
        folder.mkdir()
        self._target = port
        certificate, key = _certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        regions, trust = folder / "regions.xml", folder / "trust.p12"
        regions.write_text(
            f"<XML><Regions><Region><Name>{region}</Name><Domain>amazonaws.com</Domain><Endpoint><ServiceName>dynamodb</ServiceName>"
            f"<Http>false</Http><Https>true</Https><Hostname>localhost:{self.port}</Hostname></Endpoint></Region></Regions></XML>"
        )
        trusted = ["keytool", "-importcert", "-noprompt", "-alias", "door", "-file", str(certificate), "-keystore", str(trust)]
        subprocess.run([*trusted, "-storetype", "PKCS12", "-storepass", "public"], check=True, capture_output=True)
        self.java = (
            f"-Dcom.amazonaws.regions.RegionUtils.fileOverride={regions} -Djavax.net.ssl.trustStore={trust} "
            "-Djavax.net.ssl.trustStorePassword=public -Djavax.net.ssl.trustStoreType=PKCS12"
        )

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(raw,), daemon=True).start()

    def _relay(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            inside = self._context.wrap_socket(raw, server_side=True)
            with inside, socket.create_connection(("127.0.0.1", self._target)) as outside:
                there = threading.Thread(target=_copy, args=(outside, inside), daemon=True)
                there.start()
                _copy(inside, outside)
                there.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _certificate(folder: pathlib.Path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "door.pem", folder / "door.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate, private
