package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"parley/models"
)

// sign makes a signature of a request. The secret is "whsec_" and the key in base64; what is none is taken as it is.
func sign(secret, id string, timestamp int64, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		key = []byte(secret)
	}
	sum := hmac.New(sha256.New, key)
	fmt.Fprintf(sum, "%s.%d.", id, timestamp)
	sum.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// signatures signs with the webhook's secret, and with the one before it for as long as that counts.
func signatures(w models.Webhook, id string, at models.Time, body []byte) string {
	seconds := at.Time().Unix()
	list := sign(w.Secret, id, seconds, body)
	if w.PreviousSecret != "" && w.PreviousUntil != nil && at < *w.PreviousUntil {
		list += " " + sign(w.PreviousSecret, id, seconds, body)
	}
	return list
}
