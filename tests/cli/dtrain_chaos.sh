# Five seeds of every hundred of the chaos soak.
exec bash "$(dirname "$0")/../soak/chaos.sh" "$1" 5
