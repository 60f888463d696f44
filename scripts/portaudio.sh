#!/bin/sh
# On Linux PortAudio is a library of the system (elsewhere the sounddevice wheel brings it).
# Without it there is no microphone and no speaker; typed talk and talk through files still work.
set -eu

cd "$(dirname "$0")"

has_portaudio() {
    for ldconfig in ldconfig /sbin/ldconfig; do
        "$ldconfig" -p 2>/dev/null | grep -q 'libportaudio\.so\.2' && return 0
    done
    return 1
}

if has_portaudio; then exit 0; fi
./system-package.sh libportaudio2 && exit 0

if command -v dnf >/dev/null 2>&1; then
    cure='sudo dnf install portaudio'
elif command -v pacman >/dev/null 2>&1; then
    cure='sudo pacman -S portaudio'
elif command -v apk >/dev/null 2>&1; then
    cure='sudo apk add portaudio'
else
    cure='sudo apt-get install libportaudio2'
fi
echo "setup: for microphone and speaker, install PortAudio: $cure (everything else works without)" >&2
exit 1
