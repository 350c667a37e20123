"""A cloud assembly written by hand, so that the CDK CLI can be driven without synthesizing an app."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

SCHEMA = "48.0.0"  # of the cloud assembly; every CLI reads older ones
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


def write(folder: Path, stacks: dict[str, dict], account: str, region: str, files: dict[str, bytes] | None = None) -> Path:
    """Write stacks (name -> template) and file assets (file name -> content) as an assembly.

    Templates may refer to an asset's key as asset_key(content).
    """
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    bucket = f"cdk-hnb659fds-assets-{account}-{region}"
    roles = f"arn:${{AWS::Partition}}:iam::{account}:role/cdk-hnb659fds"
    for name, template in stacks.items():
        text = json.dumps(template)
        (folder / f"{name}.template.json").write_text(text)
        wanted = {name + "Template": (f"{name}.template.json", text.encode())}
        for file, content in (files or {}).items():
            (folder / file).write_bytes(content)
            wanted[file] = (file, content)
        manifest = {
            "version": SCHEMA,
            "files": {
                digest(content): {
                    "source": {"path": path, "packaging": "file"},
                    "destinations": {
                        "here": {
                            "bucketName": bucket,
                            "objectKey": asset_key(content, Path(path).suffix),
                            "region": region,
                            "assumeRoleArn": f"{roles}-file-publishing-role-{account}-{region}",
                        }
                    },
                }
                for path, content in wanted.values()
            },
            "dockerImages": {},
        }
        (folder / f"{name}.assets.json").write_text(json.dumps(manifest))
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {
                "file": f"{name}.assets.json",
                "requiresBootstrapStackVersion": 6,
                "bootstrapStackVersionSsmParameter": BOOTSTRAP,
            },
        }
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{account}/{region}",
            "dependencies": [f"{name}.assets"],
            "properties": {
                "templateFile": f"{name}.template.json",
                "stackName": name,
                "assumeRoleArn": f"{roles}-deploy-role-{account}-{region}",
                "cloudFormationExecutionRoleArn": f"{roles}-cfn-exec-role-{account}-{region}",
                "stackTemplateAssetObjectUrl": f"s3://{bucket}/{asset_key(text.encode(), '.json')}",
                "requiresBootstrapStackVersion": 6,
                "bootstrapStackVersionSsmParameter": BOOTSTRAP,
            },
            "metadata": {},
            "displayName": name,
        }
    (folder / "manifest.json").write_text(json.dumps({"version": SCHEMA, "artifacts": artifacts}))
    return folder


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def asset_key(content: bytes, suffix: str) -> str:
    """Where the CLI puts an asset in the bootstrap bucket."""
    return digest(content) + suffix


def zipped(path: Path, **files: str) -> bytes:
    """A Lambda's code: files (name without .py -> source) as a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in files.items():
            # A fixed time, so that the same source is the same asset.
            archive.writestr(zipfile.ZipInfo(f"{name}.py", (1980, 1, 1, 0, 0, 0)), source)
    return path.read_bytes()
