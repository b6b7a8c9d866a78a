import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return f"Hello from Python {platform.python_version()}\n"


@app.get("/healthz")
def health():
    return "ok\n"
