package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// visitorRoutes are who visitors are: tokens, identities, and the secrets that sign them.
func (a *conversationAPI) visitorRoutes(g *gin.RouterGroup) {
	post := func(path string, handle func(call)) {
		g.POST(path, private, a.with(a.limited(a.limits.visitors, handle)))
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) }) // cors has answered
	}
	post("/visitors", a.newVisitor)
	post("/visitors/:visitor_id/token", a.visitorToken)
	post("/identify", a.identify)
	post("/logout", a.logoutVisitor)
	g.GET("/visitors/:visitor_id", private, a.as(a.visitorCard))
	g.OPTIONS("/visitors/:visitor_id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	g.GET("/site_secrets", private, a.as(a.siteSecrets))
	g.POST("/site_secrets", private, a.as(a.createSiteSecret))
	g.DELETE("/site_secrets/:secret_id", private, a.as(a.deleteSiteSecret))
	for _, path := range []string{"/site_secrets", "/site_secrets/:secret_id"} {
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
	}
}

func (a *conversationAPI) newVisitor(c call) {
	key, err := c.siteKey()
	var t chat.VisitorToken
	if err == nil {
		t, err = a.service.NewVisitor(c.Request.Context(), key)
	}
	answerToken(c, http.StatusCreated, t, err)
}

func answerToken(c call, status int, t chat.VisitorToken, err error) {
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.JSON(status, t)
}

func (a *conversationAPI) visitorToken(c call) {
	r, err := c.tokenRequest()
	var t chat.VisitorToken
	if err == nil {
		t, err = a.service.Token(c.Request.Context(), c.principal, c.credential, r)
	}
	answerToken(c, http.StatusOK, t, err)
}

func (c call) tokenRequest() (r chat.TokenRequest, err error) {
	r.VisitorID = c.Param("visitor_id")
	seconds, given, err := c.params.integer("ttl", "ttl_invalid")
	if err != nil || given && (seconds < 1 || seconds > int64(maxTTL/time.Second)) {
		return r, chat.E(chat.Invalid, "ttl_invalid", "ttl is a number of seconds above 0")
	}
	r.TTL = time.Duration(seconds) * time.Second
	if r.PreviousID, err = c.params.text("previous_id", "previous_id_invalid"); err != nil {
		return r, err
	}
	for name, field := range map[string]*chat.Change[*string]{"name": &r.Identity.Name, "email": &r.Identity.Email} {
		value, given := c.params[name]
		if !given {
			continue
		}
		r.Introduced, field.Set = true, true
		if value == nil {
			continue
		}
		text, err := c.params.text(name, name+"_invalid")
		if err != nil {
			return r, err
		}
		field.To = &text
	}
	if value, given := c.params["attributes"]; given {
		r.Introduced = true
		r.Identity.Attributes, err = json.Marshal(value)
	}
	return r, err
}

// maxTTL keeps seconds within what a duration holds; the gate's bound is far lower.
const maxTTL = 10 * 365 * 24 * time.Hour

func (a *conversationAPI) identify(c call) {
	r, err := c.identifyRequest()
	var identified chat.Identified
	if err == nil {
		identified, err = a.service.Identify(c.Request.Context(), r)
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.JSON(http.StatusOK, identified)
}

// identifyRequest: the token is the one that says who calls, wherever it stands.
func (c call) identifyRequest() (r chat.IdentifyRequest, err error) {
	if r.Token, err = c.params.text("token", "token_invalid"); err != nil {
		return r, err
	}
	if r.Token = cmp.Or(r.Token, c.credential); r.Token == "" {
		return r, chat.E(chat.Unauthenticated, "token_missing", "This call needs a token")
	}
	if r.PreviousToken, err = c.params.text("previous_token", "previous_token_invalid"); err != nil {
		return r, err
	}
	r.PreviousID, err = c.params.text("previous_id", "previous_id_invalid")
	return r, err
}

func (a *conversationAPI) logoutVisitor(c call) {
	id, err := c.params.text("visitor_id", "visitor_id_invalid")
	if err == nil {
		err = a.service.LogoutVisitor(c.Request.Context(), c.principal, c.credential, chat.LogoutRequest{VisitorID: id, Sender: c.sender})
	}
	c.reply(http.StatusNoContent, "", nil, err)
}

func (a *conversationAPI) visitorCard(c call) {
	card, err := a.service.VisitorCard(c.Request.Context(), c.principal, c.Param("visitor_id"))
	c.reply(http.StatusOK, "visitor", card, err)
}

func (a *conversationAPI) siteSecrets(c call) {
	all, err := a.service.SiteSecrets(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "site_secrets", all, err)
}

// createdSecret is a secret's record and, this once, the secret itself.
type createdSecret struct {
	models.SiteSecret
	KeyID  string `json:"kid"`
	Secret string `json:"secret"`
}

func (a *conversationAPI) createSiteSecret(c call) {
	var name string
	err := c.read(a.maxBody, fields{"name": &name})
	var s models.SiteSecret
	if err == nil {
		s, err = a.service.CreateSiteSecret(c.Request.Context(), c.principal, name)
	}
	c.reply(http.StatusCreated, "site_secret", createdSecret{s, s.KeyID(), s.Secret}, err)
}

func (a *conversationAPI) deleteSiteSecret(c call) {
	id, err := pathID(c.Context, "secret_id", "site_secret_not_found")
	if err == nil {
		err = a.service.DeleteSiteSecret(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusNoContent, "", nil, err)
}
