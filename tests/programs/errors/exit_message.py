# sys.exit with a message prints it on stderr.
# suite: exit=1
raise SystemExit("the message")
