"""Archives as objects of S3: sent with their checksum, and believed only when read back.

An object is never replaced: its key holds the digest of its contents. What is larger than a part is
sent in parts, each with its SHA-256, and an upload that was interrupted goes on where it stopped.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, NamedTuple

from govcheck.retention.directories import FILE, NEW, replace_file, write_all
from govcheck.retention.errors import RunnerError

PART_BYTES = 16 << 20
TIMEOUT_SECONDS = 60
ATTEMPTS = 3

# What must be restored before it can be read (Amazon S3 User Guide, "Storage classes").
COLD = ("GLACIER", "DEEP_ARCHIVE")

_CHUNK = 1 << 20
_RESTORE_DAYS = 7
_ONLY_NEW = {"IfNoneMatch": "*"}


class ObjectError(RunnerError):
    """An object is not stored, or not what it should be; the message says which and why."""


class Stored(NamedTuple):
    """A confirmed object: its address, version (in a bucket that has versions) and checksum."""

    url: str
    version: str | None
    checksum: str | None


def upload(
    directory: int,
    name: str,
    to: str,
    key: str,
    digest: str,
    size: int,
    storage_class: str | None,
) -> Stored:
    """Store a file below `s3://bucket/prefix` and confirm it: size, class, checksum, contents.

    Contents are read back wherever the storage class lets them be read.

    Raises:
        ObjectError: it cannot be stored, or what is stored is not the file.
        OSError: the file cannot be read.
    """
    bucket, prefix = _split(to)
    key = f"{prefix}/{key}".lstrip("/")
    url = f"s3://{bucket}/{key}"
    with _asking(url) as client:
        handle = os.open(name, FILE, dir_fd=directory)
        try:
            extra: dict[str, Any] = {"Metadata": {"sha256": digest, "size": str(size)}}
            if storage_class is not None:
                extra["StorageClass"] = storage_class
            send = _put if size <= PART_BYTES else _put_parts
            checksum = send(client, directory, bucket, key, handle, digest, extra, _ONLY_NEW)
        finally:
            os.close(handle)
        head = _confirm(client, url, digest, size, None, checksum, storage_class or "STANDARD")
        stored_class = head.get("StorageClass", "STANDARD")
        if stored_class not in COLD:
            _compare(client, bucket, key, digest, head.get("VersionId"), url)
        elif head.get("ChecksumSHA256") is None:
            raise ObjectError(f"{url}: the server tells no checksum, and lets nobody read it back")
    return Stored(url, head.get("VersionId"), head.get("ChecksumSHA256"))


def put(directory: int, name: str, to: str, key: str, digest: str, size: int) -> None:
    """Store a file below `s3://bucket/prefix`, also over another one, and read it back.

    Raises:
        ObjectError: it cannot be stored, or what is stored is not the file.
        OSError: the file cannot be read.
    """
    bucket, prefix = _split(to)
    key = f"{prefix}/{key}".lstrip("/")
    url = f"s3://{bucket}/{key}"
    extra: dict[str, Any] = {"Metadata": {"sha256": digest, "size": str(size)}}
    with _asking(url) as client:
        handle = os.open(name, FILE, dir_fd=directory)
        try:
            send = _put if size <= PART_BYTES else _put_parts
            checksum = send(client, directory, bucket, key, handle, digest, extra, {})
        finally:
            os.close(handle)
        head = _confirm(client, url, digest, size, None, checksum, "STANDARD")
        _compare(client, bucket, key, digest, head.get("VersionId"), url)


def confirm(
    url: str, digest: str, size: int, version: str | None, checksum: str | None = None
) -> None:
    """Ask whether an object is still there, and what it was.

    Raises:
        ObjectError: it is not.
    """
    with _asking(url) as client:
        _confirm(client, url, digest, size, version, checksum, None)


def lifecycle_rules(bucket: str) -> list[Mapping[str, Any]]:
    """The lifecycle rules of a bucket, as the API has them.

    Raises:
        ObjectError: they cannot be read.
    """
    with _asking(f"s3://{bucket}") as client:
        try:
            told = client.get_bucket_lifecycle_configuration(Bucket=bucket)
        except client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") != "NoSuchLifecycleConfiguration":
                raise
            return []
        return [*told.get("Rules", ())]


def download(directory: int, name: str, url: str, version: str | None) -> None:
    """Fetch an object into a new file. One that is in cold storage is asked for, and comes later.

    Raises:
        ObjectError: it cannot be read, or not yet.
        OSError: the file cannot be written.
    """
    bucket, key = _split(url)
    extra = {"VersionId": version} if version else {}
    with _asking(url) as client:
        head = client.head_object(Bucket=bucket, Key=key, **extra)
        if head.get("StorageClass") in COLD and 'ongoing-request="false"' not in head.get(
            "Restore", ""
        ):
            if "ongoing-request" not in head.get("Restore", ""):
                client.restore_object(
                    Bucket=bucket, Key=key, RestoreRequest={"Days": _RESTORE_DAYS}, **extra
                )
            raise ObjectError(
                f"{url}: it is in cold storage and has been asked for; that takes hours (see the "
                "retrieval times of its storage class), then run this again"
            )
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
        handle = os.open(name, NEW, 0o600, dir_fd=directory)
        try:
            body = client.get_object(Bucket=bucket, Key=key, **extra)["Body"]
            for piece in body.iter_chunks(_CHUNK):
                write_all(handle, piece)
        finally:
            os.close(handle)


@contextmanager
def _asking(url: str) -> Iterator[Any]:
    """A client; what it says that goes wrong is told in a line."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise ObjectError(f"{url}: object storage needs boto3: install govcheck[s3]") from error
    config = Config(
        connect_timeout=min(10, TIMEOUT_SECONDS),
        read_timeout=TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Every checksum is our own, over the whole; the client's default would be another one.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        client = boto3.client("s3", config=config)
        try:
            yield client
        finally:
            client.close()
    except ClientError as error:
        told = error.response.get("Error", {})
        message = " ".join(f"{told.get('Code')}: {told.get('Message')}".split())
        raise ObjectError(f"{url}: {message}") from error
    except (BotoCoreError, HTTPError, ValueError) as error:
        message = " ".join(str(error).split())
        raise ObjectError(f"{url}: {message}") from error


def _put(
    client: Any,
    directory: int,
    bucket: str,
    key: str,
    handle: int,
    digest: str,
    extra: dict[str, Any],
    condition: dict[str, str],
) -> str:
    body = _part(handle, 1)
    checksum = _encoded(sha256(body).digest())
    with _unless_there(client):
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=checksum,
            **condition,
            **extra,
        )
    return checksum


def _put_parts(
    client: Any,
    directory: int,
    bucket: str,
    key: str,
    handle: int,
    digest: str,
    extra: dict[str, Any],
    condition: dict[str, str],
) -> str:
    memory = f"upload-{digest}.json"
    known = _begun(client, directory, memory, bucket, key)
    if known is None:
        begun = client.create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256", **extra
        )
        known = {"bucket": bucket, "key": key, "upload": begun["UploadId"], "parts": []}
        replace_file(memory, directory, json.dumps(known).encode())
    parts = known["parts"]
    digests = []
    number = 0
    while body := _part(handle, number + 1):
        number += 1
        part_digest = sha256(body).digest()
        digests.append(part_digest)
        if number <= len(parts) and parts[number - 1]["ChecksumSHA256"] == _encoded(part_digest):
            continue
        sent = client.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=known["upload"],
            PartNumber=number,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=_encoded(part_digest),
        )
        del parts[number - 1 :]
        parts.append(
            {
                "PartNumber": number,
                "ETag": sent["ETag"],
                "ChecksumSHA256": _encoded(part_digest),
            }
        )
        replace_file(memory, directory, json.dumps(known).encode())
    with _unless_there(client):
        client.complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=known["upload"],
            MultipartUpload={"Parts": parts},
            **condition,
        )
    os.unlink(memory, dir_fd=directory)
    return f"{_encoded(sha256(b''.join(digests)).digest())}-{number}"


def _begun(
    client: Any, directory: int, memory: str, bucket: str, key: str
) -> dict[str, Any] | None:
    """The upload that an earlier run began, with the parts that the server still has."""
    try:
        handle = os.open(memory, FILE, dir_fd=directory)
    except FileNotFoundError:
        return None
    with open(handle, "rb") as stream:
        try:
            known: dict[str, Any] = json.load(stream)
            upload, parts = known["upload"], known["parts"]
        except (ValueError, KeyError):
            return None
    if (known.get("bucket"), known.get("key")) != (bucket, key):
        return None
    try:
        pages = client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload)
        there = {
            (part["PartNumber"], part["ETag"]) for page in pages for part in page.get("Parts", ())
        }
    except client.exceptions.NoSuchUpload:
        return None
    kept = []
    for each in parts:
        if (each["PartNumber"], each["ETag"]) not in there:
            break
        kept.append(each)
    return {**known, "parts": kept}


@contextmanager
def _unless_there(client: Any) -> Iterator[None]:
    """An object that is there already is not replaced; whether it is the right one is seen next.

    It may be ours: the server had stored it, and its answer was lost.
    """
    try:
        yield
    except client.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ("PreconditionFailed", "412"):
            raise


def _confirm(
    client: Any,
    url: str,
    digest: str,
    size: int,
    version: str | None,
    checksum: str | None,
    storage_class: str | None,
) -> Any:
    bucket, key = _split(url)
    extra = {"VersionId": version} if version else {}
    head = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **extra)
    if head["ContentLength"] != size:
        raise ObjectError(f"{url}: it has {head['ContentLength']} bytes, and {size} were sent")
    told = head.get("ChecksumSHA256")
    # Some servers leave out the number of parts.
    if told and checksum and told not in (checksum, checksum.partition("-")[0]):
        raise ObjectError(f"{url}: its checksum is {told}, and not {checksum}")
    if head.get("Metadata", {}).get("sha256") != digest:
        raise ObjectError(f"{url}: it was stored by somebody else")
    found = head.get("StorageClass", "STANDARD")
    if storage_class is not None and found != storage_class:
        raise ObjectError(f"{url}: its storage class is {found}, and not {storage_class}")
    return head


def _compare(
    client: Any, bucket: str, key: str, digest: str, version: str | None, url: str
) -> None:
    extra = {"VersionId": version} if version else {}
    found = sha256()
    for piece in client.get_object(Bucket=bucket, Key=key, **extra)["Body"].iter_chunks(_CHUNK):
        found.update(piece)
    if found.hexdigest() != digest:
        raise ObjectError(f"{url}: it was read back otherwise than it was sent")


def _part(handle: int, number: int) -> bytes:
    pieces = []
    position, left = (number - 1) * PART_BYTES, PART_BYTES
    while left and (piece := os.pread(handle, left, position)):
        pieces.append(piece)
        position += len(piece)
        left -= len(piece)
    return b"".join(pieces)


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key.strip("/")
