"""Hashes, ciphers, keys and certificates by OpenSSL."""

import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.x509.oid import NameOID

h = hashes.Hash(hashes.SHA256())
h.update(b"abc")
print(h.finalize().hex())
mac = hmac.HMAC(b"key", hashes.SHA1())
mac.update(b"message")
print(mac.finalize().hex())
key, nonce = bytes(range(32)), bytes(16)
e = Cipher(algorithms.AES(key), modes.CTR(nonce)).encryptor()
print((e.update(b"secret message") + e.finalize()).hex())
gcm = AESGCM(key)
sealed = gcm.encrypt(nonce[:12], b"data", b"more")
print(sealed.hex(), gcm.decrypt(nonce[:12], sealed, b"more"))
print(PBKDF2HMAC(algorithm=hashes.SHA256(), length=16, salt=b"salt", iterations=1000).derive(b"password").hex())
f = Fernet(Fernet.generate_key())
print(f.decrypt(f.encrypt(b"token")))
signer = ed25519.Ed25519PrivateKey.from_private_bytes(key)
signature = signer.sign(b"text")
print(signature.hex(), signer.public_key().verify(signature, b"text"))
for bad in (
    lambda: signer.public_key().verify(signature, b"other"),
    lambda: gcm.decrypt(nonce[:12], sealed, b"x"),
    lambda: f.decrypt(b"junk"),
    lambda: algorithms.AES(b"short"),
):
    try:
        bad()
    except (InvalidSignature, InvalidTag, InvalidToken, ValueError) as e:
        print(type(e).__name__, e)
private = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.org")])
start = datetime.datetime(2020, 1, 1)
certificate = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(private.public_key())
    .serial_number(77)
    .not_valid_before(start)
    .not_valid_after(start + datetime.timedelta(days=30))
    .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example.org")]), critical=False)
    .sign(private, hashes.SHA256())
)
again = x509.load_pem_x509_certificate(certificate.public_bytes(serialization.Encoding.PEM))
print(again.subject.rfc4514_string(), again.serial_number, again.not_valid_after_utc, again == certificate)
print(again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))
pem = rsa.generate_private_key(public_exponent=65537, key_size=2048)
sealed = pem.public_key().encrypt(b"hi", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
print(pem.decrypt(sealed, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)))
