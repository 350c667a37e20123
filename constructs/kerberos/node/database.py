"""The node's principal database: its files, its update log, copies of it and the principals of the nodes themselves."""

import hashlib
import hmac
import os
import struct
import tempfile
import time
from pathlib import Path

import daemons
import settings as ports
from daemons import Failed
from settings import Refused

ENCTYPE = "aes256-cts-hmac-sha1-96"
_SECRETS = ("database_password", "admin_password", "node_key")


class Database:
    """The database of one node. Nothing here knows which node is the primary."""

    def __init__(self, settings):
        self.settings = settings

    def set_up(self, secret):
        """Write the configuration and, where there is none, an empty database. Asking again changes nothing."""
        s = self.settings
        _check(s, secret)
        s.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        s.state.chmod(0o700)
        s.log.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._keep_realm()
        write(s.path("kdc.conf"), kdc_conf(s))
        write(s.path("kadm5.acl"), f"*/admin@{s.realm} *\nkiprop/*@{s.realm} p\n")
        self.follow(s.address)
        write(s.path("node.key"), secret["node_key"])
        if not s.path("created").exists():
            self._discard()
            self._tool("kdb5_util", "create", "-s", said=2 * (secret["database_password"] + "\n"))
            s.path("created").touch()
        self._write_keytab()

    def _keep_realm(self):
        """Refuse another realm than the one that the database was made for: every key in it is salted with the name."""
        mark = self.settings.path("realm")
        if mark.exists() and mark.read_text() != self.settings.realm:
            raise Refused(f"realm is {self.settings.realm!r}; want {mark.read_text()!r}, which the database of this node was made for")
        write(mark, self.settings.realm)

    def follow(self, address):
        """Say where kpropd finds the primary; kadmind and the tools find this node itself."""
        write(self.settings.path("krb5.conf"), krb5_conf(self.settings, self.settings.address))
        write(self.settings.path("replica.conf"), krb5_conf(self.settings, address))

    def _discard(self):
        """Remove what is left of a database that was never finished."""
        for file in [*self.settings.state.glob("principal*"), self.settings.path("stash"), self.settings.path("complete")]:
            file.unlink(missing_ok=True)

    # Position in the history of changes.

    def position(self):
        """The last change that is in the database: (serial, seconds, microseconds).

        This is the head of the update log as MIT Kerberos lays it out (kdb_hlog in
        https://github.com/krb5/krb5/blob/krb5-1.20.1-final/src/include/kdb_log.h); a test holds it against kproplog.
        """
        for _ in range(100):
            with self.settings.path("principal.ulog").open("rb") as log:
                magic, _, _, _, _, seconds, micros, _, serial, _, _ = struct.unpack("=IHxxI6IHH", log.read(40))
            if magic == 0x6662323:
                return serial, seconds, micros
            time.sleep(0.001)  # it is being emptied
        raise Failed("principal.ulog: not an update log")

    def forget_position(self):
        """Empty the update log, so that a primary sends the whole database, or every replica asks for it."""
        self._tool("kproplog", "-R")

    # The nodes' principals.

    def admit(self, address):
        """Create the principals that the node of an address needs, unless they are there. On the primary alone."""
        commands = [f"addprinc {options} -pw {self._password(name)} {name}" for name, options in _principals(address)]
        known = self._known()
        missing = [command for command in commands if command.split()[-1] not in known]
        if missing:
            self._local(*missing)

    def accept_copies(self, address):
        """Let the node of an address, or with "" none, send a full copy to this one."""
        write(self.settings.path("kpropd.acl"), f"host/{address}@{self.settings.realm}\n" if address else "")

    def has(self, principal):
        """Whether there is a principal."""
        return principal in self._known()

    def _known(self):
        realm = f"@{self.settings.realm}"
        return {name[: -len(realm)] for name in self._local("listprincs").split() if name.endswith(realm)}

    def set_password(self, principal, password):
        """Create a principal, or give it another password. On the primary alone."""
        verb = "cpw" if self.has(principal) else "addprinc"
        self._local(f'{verb} -pw "{password}" {principal}')

    def log_in(self, principal, password):
        """Log in at this node's own krb5kdc; raises Failed."""
        daemons.run("kinit", f"{principal}@{self.settings.realm}", settings=self.settings, said=password + "\n", seconds=10)

    def _password(self, name):
        key = self.settings.path("node.key").read_bytes()
        return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()

    def _write_keytab(self):
        keytab, new = self.settings.path("keytab"), self.settings.path("keytab.new")
        new.unlink(missing_ok=True)
        lines = []
        for name, _ in _principals(self.settings.address):
            lines += [f"addent -password -p {name}@{self.settings.realm} -k 1 -e {ENCTYPE}", self._password(name)]
        daemons.run("ktutil", settings=self.settings, said="\n".join([*lines, f"wkt {new}", "quit", ""]))
        new.chmod(0o600)
        new.rename(keytab)

    # Copies.

    def dump(self, target):
        """Write a dump that a restore accepts, whole or not at all."""
        self._tool("kdb5_util", "dump", target, seconds=600)

    def check(self):
        """Raise Failed if the database cannot be read from end to end."""
        with tempfile.TemporaryDirectory(dir=self.settings.state) as folder:
            self.dump(Path(folder) / "dump")

    def load(self, source):
        """Replace the whole database by a dump."""
        self._tool("kdb5_util", "load", source, seconds=600)

    def _local(self, *commands):
        return daemons.run("kadmin.local", "-r", self.settings.realm, settings=self.settings, said="\n".join([*commands, "quit", ""]))

    def _tool(self, name, *arguments, **options):
        realm = () if name == "kproplog" else ("-r", self.settings.realm)
        return daemons.run(name, *realm, *arguments, settings=self.settings, **options)


def _principals(address):
    """What a node is to the others, and the principal that its health is tried with."""
    return [(f"host/{address}", ""), (f"kiprop/{address}", ""), (f"health/{address}", '-maxlife "5 minutes"')]


def _check(s, secret):
    missing = [name for name in _SECRETS if not secret.get(name)]
    if missing:
        raise Refused(f"secrets {', '.join(s.secrets)}: want {', '.join(missing)}")
    for name in ("realm", "domain"):
        if secret.get(name, getattr(s, name)) != getattr(s, name):
            raise Refused(f"{name} is {getattr(s, name)!r}; want {secret[name]!r}, which the secret says")
    if any(c in secret[name] for name in _SECRETS for c in '\n"\\'):
        raise Refused('secrets: want passwords without ", \\ and line ends')


def write(path, text):
    """Replace a file, so that no reader sees half of it."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.rename(path)


def krb5_conf(s, address):
    """The Kerberos programs of a node ask the KDC of one address, and no DNS."""
    return f"""[libdefaults]
    default_realm = {s.realm}
    udp_preference_limit = 1
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    qualify_shortname = ""
    rdns = false
    default_keytab_name = FILE:{s.path("keytab")}
[realms]
    {s.realm} = {{
        kdc = {address}:{ports.KRB5KDC}
        admin_server = {address}
    }}
[domain_realm]
    .{s.domain} = {s.realm}
    {s.domain} = {s.realm}
[logging]
    kdc = FILE:{s.log}/krb5kdc.log
    admin_server = FILE:{s.log}/kadmind.log
    default = FILE:{s.log}/krb5.log
"""


def kdc_conf(s, replicated=True):
    """What the daemons and tools read. A database that is not replicated stands beside the node's own and has no log."""
    bookkeeping = str(not s.lockout).lower()
    return f"""[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = {s.address}:{ports.KRB5KDC}
    kdc_tcp_listen_backlog = 1024
[realms]
    {s.realm} = {{
        database_module = local
        acl_file = {s.path("kadm5.acl")}
        key_stash_file = {s.path("stash")}
        kadmind_listen = {s.address}:{ports.KADMIND}
        kpasswd_listen = {s.address}:{ports.KPASSWD}
        iprop_enable = {str(replicated).lower()}
        iprop_listen = {s.address}:{ports.IPROP}
        iprop_port = {ports.IPROP}
        iprop_logfile = {s.path("principal.ulog")}
        iprop_ulogsize = 10000
        iprop_replica_poll = 1
        iprop_resync_timeout = 60
        master_key_type = aes256-cts
        supported_enctypes = aes256-cts:normal aes128-cts:normal
        default_principal_flags = +preauth
        max_life = 10h
        max_renewable_life = 7d
    }}
[dbmodules]
    local = {{
        db_library = db2
        database_name = {s.path("principal")}
        disable_last_success = {bookkeeping}
        disable_lockout = {bookkeeping}
    }}
"""
