"""The same servers with a password and, but for Redis, TLS: whoever has no right to come in does
not, and a sink does."""
import shutil
import subprocess

import brokers
import databases
import servers
from servers import DEADLINE, PASSWORD, free_port


def certificate(folder):
    """For this machine, by an authority that nobody else trusts: itself. Its file and its key."""
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", files[1], "-out", files[0], "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True, timeout=DEADLINE)
    return files


class Nats(servers.Nats):
    def __init__(self, folder):
        super().__init__(folder)
        self.ca_file, key = certificate(self.folder)
        self.more = (f'tls {{ cert_file: "{self.ca_file}", key_file: "{key}" }}\n'
                     f"authorization {{ user: prism, password: {PASSWORD} }}\n")

    def section(self, port):
        return super().section(port) + (f'user = "prism"\npassword = "{PASSWORD}"\n'
                                        f'ca_file = "{self.ca_file}"\n')


class Redis(servers.Redis):
    has_password = True

    def section(self, port):
        return super().section(port) + f'password = "{PASSWORD}"\n'


class Mosquitto(brokers.Mosquitto):
    """Its reader comes by a port without."""

    def __init__(self, folder):
        super().__init__(folder)
        self.inner = free_port()
        self.ca_file, self.key = certificate(self.folder)
        self.key.chmod(0o644)
        subprocess.run(["mosquitto_passwd", "-b", "-c", self.folder / "users", "prism", PASSWORD],
                       check=True, capture_output=True, timeout=DEADLINE)

    def proxied(self, proxy):
        proxy.target = self.inner

    def arguments(self):
        out = super().arguments()
        (self.folder / "c").write_text(
            f"per_listener_settings true\n{(self.folder / 'c').read_text()}"
            f"listener {self.inner} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {self.folder}/users\ncertfile {self.ca_file}\nkeyfile {self.key}\n")
        return out

    def section(self, port):
        return super().section(port) + (f'user = "prism"\npassword = "{PASSWORD}"\n'
                                        f'ca_file = "{self.ca_file}"\n')


class Kafka(brokers.Kafka):
    """PLAIN over TLS: Kafka 4 refuses the SCRAM of Debian's librdkafka 2.0.2, which joins nonces
    wrongly. Its reader comes by a port without."""

    def __init__(self, folder):
        super().__init__(folder)
        self.ca_file, key = certificate(self.folder)
        both = self.folder / "both.pem"
        both.write_text(key.read_text() + self.ca_file.read_text())
        self.protocol, self.settings = "SASL_SSL", (
            f"ssl.keystore.type=PEM\nssl.keystore.location={both}\n"
            "sasl.enabled.mechanisms=PLAIN\nlistener.name.sink.plain.sasl.jaas.config="
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'user_prism="{PASSWORD}";\n')

    def section(self, port):
        return super().section(port) + (f'user = "prism"\npassword = "{PASSWORD}"\nsasl = "PLAIN"\n'
                                        f'ca_file = "{self.ca_file}"\n')


class Postgres(databases.Postgres):
    """Nobody comes in without both."""

    def __init__(self, folder):
        super().__init__(folder)
        self.ca_file, self.key = certificate(self.folder)
        self.key.chmod(0o600)
        shutil.chown(self.key, self.user)
        self.login = f"tester:{PASSWORD}"
        self.query = f"?sslmode=verify-full&sslrootcert={self.ca_file}"

    def arguments(self):
        out = super().arguments()
        (self.folder / "data" / "pg_hba.conf").write_text(
            "hostssl all all 127.0.0.1/32 scram-sha-256\n")
        return [*out, "-c", "ssl=on", "-c", f"ssl_cert_file={self.ca_file}", "-c",
                f"ssl_key_file={self.key}"]

    def make(self, data):
        (self.folder / "password").write_text(PASSWORD)
        self.run(str(self.folder_of_programs[0] / "initdb"), "-D", data, "-A", "scram-sha-256",
                 "--pwfile", self.folder / "password", "-U", "tester", "--no-sync")

    def section(self, port):
        return super().section(port) + (f'password = "{PASSWORD}"\nca_file = "{self.ca_file}"\n')


class ClickHouse(databases.ClickHouse):
    """Its reader comes by a port without TLS."""

    password = PASSWORD

    def __init__(self, folder):
        super().__init__(folder)
        self.inner = free_port()
        self.ca_file, key = certificate(self.folder)
        self.more = (f"<https_port>{self.inner}</https_port><openSSL><server>"
                     f"<certificateFile>{self.ca_file}</certificateFile>"
                     f"<privateKeyFile>{key}</privateKeyFile>"
                     "<verificationMode>none</verificationMode></server></openSSL>")

    def proxied(self, proxy):
        proxy.target = self.inner

    def section(self, port):
        return (f'url = "https://127.0.0.1:{port}"\nuser = "default"\n'
                f'password = "{PASSWORD}"\nca_file = "{self.ca_file}"\n')
