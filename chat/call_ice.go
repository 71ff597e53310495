package chat

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- HMAC-SHA1 is what TURN servers check credentials with
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// ICEServer is a server that helps two browsers find each other, as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICEServers lists the servers for somebody who speaks in a call. Managers and backends need no conversationID (0):
// else TURN's credentials are for those in whose conversation a call goes on. Refusals: call_over.
func (s *Service) ICEServers(ctx context.Context, p Principal, claimed Sender, conversationID int64) ([]ICEServer, error) {
	if err := s.gate.Admit(p, claimed); err != nil {
		return nil, err
	}
	if conversationID == 0 {
		if p.Party != Manager && p.Party != Backend {
			return nil, E(Invalid, "conversation_id_missing", "conversation_id is that of the call's conversation")
		}
		return s.iceServers(p), nil
	}
	c, actor, err := s.conversation(ctx, p, claimed, conversationID)
	if err != nil {
		return nil, err
	}
	call, err := s.store.View(ctx).LatestCall(c.ID)
	if errors.Is(err, ErrNoRecord) || err == nil && call.EndedAt != nil {
		return nil, callOver()
	}
	if err != nil {
		return nil, err
	}
	return s.iceServers(actor), nil
}

// iceServers makes the list. The TURN server may write into its log whom it is for, so that is no visitor's id, which
// can be a key to her channels.
func (s *Service) iceServers(who Principal) []ICEServer {
	cfg := s.cfg.Calls
	list := []ICEServer{}
	if len(cfg.STUN) > 0 {
		list = append(list, ICEServer{URLs: cfg.STUN})
	}
	if len(cfg.TURN) == 0 {
		return list
	}
	turn := ICEServer{URLs: cfg.TURN}
	if cfg.TURNSecret != "" {
		turn.Username, turn.Credential = turnCredential(cfg.TURNSecret, s.gate.Display(who), time.Now().Add(cfg.TURNLife))
	}
	return append(list, turn)
}

// turnCredential is what a TURN server that shares the secret lets somebody in with until then: the name says until
// when, the password is its HMAC.
func turnCredential(secret, who string, until time.Time) (username, credential string) {
	username = fmt.Sprintf("%d:%s", until.Unix(), who)
	sum := hmac.New(sha1.New, []byte(secret))
	sum.Write([]byte(username))
	return username, base64.StdEncoding.EncodeToString(sum.Sum(nil))
}
