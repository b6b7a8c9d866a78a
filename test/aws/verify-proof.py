"""Verifies a DSSE envelope and prints its payload: FILE, public key in PEM, key id."""
import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

file, pem, key_id = sys.argv[1:]
with open(file, encoding="utf-8") as envelope_file:
    envelope = Envelope.from_dict(json.load(envelope_file))
key = SSlibKey.from_crypto(load_pem_public_key(pem.encode()), keyid=key_id)
envelope.verify([key], threshold=1)
sys.stdout.write(envelope.payload.decode("utf-8"))
