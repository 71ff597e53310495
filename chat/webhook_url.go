package chat

import (
	"net/url"
	"strconv"
	"strings"

	"parley/models"
)

// validWebhookURL checks an address's form. Whether it may be called is asked when it is dialled: a name says nothing
// about what it will stand for.
func validWebhookURL(text string) (string, error) {
	invalid := func(why string) error { return E(Invalid, "url_invalid", "The url %s", why) }
	text = strings.TrimSpace(text)
	if text == "" || len(text) > models.MaxWebhookURL {
		return "", invalid("has 1 to " + strconv.Itoa(models.MaxWebhookURL) + " bytes")
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' {
			return "", invalid("is plain ASCII: other characters are percent-encoded, names are in punycode")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return "", invalid("is not like https://example.com/hook")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", invalid("begins with https:// or http://")
	case u.User != nil:
		return "", invalid("holds no user and password: requests are signed")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return "", invalid("has no fragment")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", invalid("has a port from 1 to 65535, or none")
		}
	}
	return u.String(), nil
}

// webhookHost is what others than admins see of an address: the rest of it may be a secret.
func webhookHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
