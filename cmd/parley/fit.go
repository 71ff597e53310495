package main

import (
	"parley/api"
	"parley/bayeux"
	"parley/chat"
	"parley/chat/token"
)

// The packages do not import each other; here is the proof that they fit.
var (
	_ bayeux.Policy   = (*chat.Gate)(nil)
	_ bayeux.Monitor  = (*chat.Presence)(nil)
	_ bayeux.Replayer = chat.Log{}
	_ chat.Publisher  = (*bayeux.Server)(nil)

	_ chat.Broadcaster = (*bayeux.Server)(nil)
	_ api.Signer       = (*token.Keyring)(nil)
)
