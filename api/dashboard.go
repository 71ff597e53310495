package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// dashboardAPI is what the dashboard's own pages call. Its authority is a cookie that goes nowhere else.
type dashboardAPI struct {
	service *chat.Service
	gate    *chat.Gate
	tokens  Signer
	logins  loginLimits
}

const (
	sessionCookie = "parley_session"
	dashboardPath = "/dashboard/api"
	// tokenLife is how long the token holds that the dashboard calls /chat and subscribes with.
	tokenLife = time.Hour
	// maxLogin bounds a sign-in's body.
	maxLogin = 4096
)

func (a *dashboardAPI) login(c *gin.Context) {
	defer hurried(c)()
	raw, err := readBody(c, maxLogin)
	if err != nil {
		fail(c, err)
		return
	}
	var given struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if c.ContentType() != "application/json" || json.Unmarshal(raw, &given) != nil {
		fail(c, bodyInvalid("The body is not a JSON object with email and password"))
		return
	}
	if err := a.logins.take(address(c), given.Email); err != nil {
		fail(c, err)
		return
	}
	m, secret, err := a.service.Login(c.Request.Context(), given.Email, given.Password, address(c))
	if err != nil {
		fail(c, err)
		return
	}
	setCookie(c, secret, int(chat.LoginLife.Seconds()))
	a.describe(c, m, chat.ManagerPrincipal(m))
}

func (a *dashboardAPI) logout(c *gin.Context) {
	if secret, err := c.Cookie(sessionCookie); err == nil {
		if err := a.service.Logout(c.Request.Context(), secret); err != nil {
			fail(c, err)
			return
		}
	}
	setCookie(c, "", -1)
	c.Status(http.StatusNoContent)
}

func setCookie(c *gin.Context, value string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{ // #nosec G124 -- Secure as far as the browser came by TLS
		Name: sessionCookie, Value: value, Path: dashboardPath, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure(c),
	})
}

// secure tells whether the browser came by TLS: to us, or to the proxy in front, which is believed because
// a lie would only harm the liar.
func secure(c *gin.Context) bool {
	return c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https"
}

// signedIn hands the manager behind the cookie to the handler.
func (a *dashboardAPI) signedIn(handle func(*gin.Context, models.Manager, chat.Principal)) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer hurried(c)()
		m, p, err := a.whose(c)
		if err != nil {
			fail(c, err)
			return
		}
		handle(c, m, p)
	}
}

// whose tells whose cookie it is, and counts the call.
func (a *dashboardAPI) whose(c *gin.Context) (models.Manager, chat.Principal, error) {
	if err := a.logins.cookies.Check(address(c)); err != nil {
		return models.Manager{}, chat.Principal{}, err
	}
	secret, _ := c.Cookie(sessionCookie) // absent is as good as wrong
	m, p, err := a.service.LoggedIn(c.Request.Context(), secret)
	if chat.KindOf(err) == chat.Unauthenticated {
		_ = a.logins.cookies.Take(address(c)) // the next call hears of it
	}
	if err == nil {
		err = a.gate.Count(p)
	}
	return m, p, err
}

// password changes her own; this sign-in goes on, with the token of the answer.
func (a *dashboardAPI) password(c *gin.Context, m models.Manager, p chat.Principal) {
	change := chat.PasswordChange{ManagerID: m.ID, Source: address(c)}
	change.Keep, _ = c.Cookie(sessionCookie)
	err := call{Context: c}.read(maxLogin, fields{"password": &change.New, "old_password": &change.Old})
	if err == nil {
		m, err = a.service.ChangePassword(c.Request.Context(), p, change)
	}
	if err != nil {
		fail(c, err)
		return
	}
	a.describe(c, m, chat.ManagerPrincipal(m))
}

func (a *dashboardAPI) me(c *gin.Context, m models.Manager, p chat.Principal) { a.describe(c, m, p) }

func (a *dashboardAPI) describe(c *gin.Context, m models.Manager, p chat.Principal) {
	organization, err := a.service.Organization(c.Request.Context(), p)
	if err != nil {
		fail(c, err)
		return
	}
	room, err := a.service.MainRoom(c.Request.Context(), p)
	if err != nil {
		fail(c, err)
		return
	}
	duty, err := a.service.Duty(c.Request.Context(), p, chat.Sender{})
	if err != nil {
		fail(c, err)
		return
	}
	token, expires, err := a.tokens.Manager(m, tokenLife)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"manager": gin.H{
			"id": m.ID, "name": m.Name, "email": m.Email, "role": m.Role, "avatar_url": m.AvatarURL,
			"organization_id": m.OrganizationID,
		},
		"organization": gin.H{
			"id": organization.ID, "uuid": organization.UUID, "name": organization.Name, "site_key": organization.SiteKey, "main_room": room.UUID,
		},
		"duty":  duty,
		"token": token, "token_expires_at": models.At(expires),
	})
}

const maxInbox = 200

func (a *dashboardAPI) conversations(c *gin.Context, _ models.Manager, p chat.Principal) {
	q, err := inboxQuery(c, p)
	if err != nil {
		fail(c, err)
		return
	}
	views, next, err := a.service.Inbox(c.Request.Context(), p, q)
	if err != nil {
		fail(c, err)
		return
	}
	var cursor *string
	if next != nil {
		text := writeCursor(*next)
		cursor = &text
	}
	c.JSON(http.StatusOK, gin.H{"conversations": views, "next": cursor})
}

func inboxQuery(c *gin.Context, p chat.Principal) (chat.InboxQuery, error) {
	q := chat.InboxQuery{ManagerID: p.ManagerID, Status: models.Status(c.DefaultQuery("status", string(models.StatusOpen)))}
	if q.Status != models.StatusOpen && q.Status != models.StatusClosed {
		return q, chat.E(chat.Invalid, "status_invalid", "status is open or closed")
	}
	switch c.DefaultQuery("scope", "mine") {
	case "mine":
	case "all":
		q.ManagerID = 0
	default:
		return q, chat.E(chat.Invalid, "scope_invalid", "scope is mine or all")
	}
	limit, err := strconv.Atoi(c.DefaultQuery("limit", "50"))
	if err != nil || limit < 1 {
		return q, chat.E(chat.Invalid, "limit_invalid", "limit is a whole number above 0")
	}
	q.Limit = min(limit, maxInbox)
	if before := c.Query("before"); before != "" {
		cursor, ok := readCursor(before)
		if !ok {
			return q, chat.E(chat.Invalid, "before_invalid", "before is the next of another page")
		}
		q.Before = &cursor
	}
	return q, nil
}

// A cursor is opaque to clients: the time and id of the last conversation they have.
func writeCursor(c chat.InboxCursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(int64(c.UpdatedAt), 10) + "." + strconv.FormatInt(c.ID, 10)))
}

func readCursor(text string) (chat.InboxCursor, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, id, ok := strings.Cut(string(raw), ".")
	t, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	return chat.InboxCursor{UpdatedAt: models.Time(t), ID: n}, ok && err == nil && err1 == nil && err2 == nil
}
