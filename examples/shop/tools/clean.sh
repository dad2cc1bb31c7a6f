#!/bin/sh
# Removes old exports.
while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) DRY=1 ;;
    --age) AGE="$2"; shift ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
find exports -mtime "+${AGE:-30}" ${DRY:--delete}
