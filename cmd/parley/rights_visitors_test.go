package main

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/models"
)

// Who visitors are.
func init() {
	addRights(
		right{call: "POST /chat/visitors", body: `{"app_key":"{site_key}"}`, may: who{201: {anyone}}},
		// The identity in the body is what counts, whoever brings it.
		right{call: "POST /chat/identify", body: `{"token":"{identity}"}`, may: who{200: {anyone}, 401: {nobody}}},
		right{call: "GET /chat/visitors/:visitor_id", scope: models.ScopeVisitors, may: who{200: and(managers, key)}},
		right{call: "POST /chat/visitors/:visitor_id/token", body: `{"name":"{random}"}`, scope: models.ScopeVisitors, may: who{200: {key}}},
		right{call: "POST /chat/logout", body: `{"visitor_id":"{visitor_id}"}`, scope: models.ScopeVisitors,
			may: who{204: {capability, visitor, key}, 404: {nobody, foreignVisitor, foreignKey}}},

		// No key makes secrets.
		right{call: "GET /chat/site_secrets", may: who{200: {administrator}}},
		right{call: "POST /chat/site_secrets", body: `{"name":"{random}"}`, may: who{201: {administrator}}},
		right{call: "DELETE /chat/site_secrets/:secret_id", may: who{204: {administrator}}},
	)
}

// identityOf is what a site's backend says of a visitor.
func identityOf(s models.SiteSecret, visitorID, name string) string {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": visitorID, "name": name, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = s.KeyID()
	text, err := token.SignedString([]byte(s.Secret))
	if err != nil {
		panic(err)
	}
	return text
}
