package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// peopleRoutes are organisations, managers and their schedules. The caller is a manager with her token, or a
// backend with its key; bodies are JSON objects.
func (a *conversationAPI) peopleRoutes(g *gin.RouterGroup) {
	on := func(path string, methods map[string]func(call)) {
		for method, handle := range methods {
			g.Handle(method, path, private, a.as(handle))
		}
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) }) // cors has answered
	}
	const get, post, put, patch, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	g.GET("/site", a.with(a.limited(a.limits.reads, a.site)))
	on("/organization", map[string]func(call){get: a.organization, patch: a.changeOrganization})
	on("/managers", map[string]func(call){get: a.team, post: a.hire})
	on("/managers/:id", map[string]func(call){get: a.colleague, patch: a.changeColleague, remove: a.dismiss})
	on("/managers/:id/password", map[string]func(call){post: a.password})
	on("/managers/:id/sign_out", map[string]func(call){post: a.signOut})
	on("/managers/:id/unlock", map[string]func(call){post: a.unlock})
	on("/managers/:id/shifts", map[string]func(call){get: a.week, put: a.setWeek})
	on("/managers/:id/leaves", map[string]func(call){get: a.absences, post: a.addAbsence})
	on("/managers/:id/leaves/:leave_id", map[string]func(call){remove: a.removeAbsence})
	on("/holidays", map[string]func(call){get: a.holidays, post: a.addHoliday})
	on("/holidays/:holiday_id", map[string]func(call){remove: a.removeHoliday})
	on("/keys", map[string]func(call){get: a.keys, post: a.makeKey})
	on("/private_pub", map[string]func(call){get: a.privatePub, put: a.setPrivatePub, remove: a.deletePrivatePub})
	on("/keys/:key_id", map[string]func(call){patch: a.changeKey, remove: a.deleteKey})
}

// as settles who calls. The credential comes in the header alone, so that bodies hold nothing but their fields.
func (a *conversationAPI) as(handle func(call)) gin.HandlerFunc {
	return func(c *gin.Context) {
		credential, _ := bearer(c)
		principal, err := a.authenticate(c, credential)
		if err == nil && principal.Party == chat.Stranger {
			err = a.limits.misses.Take(address(c))
			if err == nil {
				err = chat.E(chat.Unauthenticated, "token_missing", "This call needs a token")
			}
		}
		if err != nil {
			fail(c, err)
			return
		}
		handle(call{Context: c, principal: principal})
	}
}

// reply answers with a value under its name; 204 for none.
func (c call) reply(status int, name string, value any, err error) {
	switch {
	case err != nil:
		fail(c.Context, err)
	case name == "":
		c.Status(http.StatusNoContent)
	default:
		c.JSON(status, gin.H{name: value})
	}
}

// site takes the key in the address alone, since caches know answers by it.
func (a *conversationAPI) site(c call) {
	key, err := c.params.text("app_key", "app_key_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	site, err := a.service.Site(c.Request.Context(), key)
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Header("Cache-Control", "public, max-age=30")
	c.JSON(http.StatusOK, site)
}

func (a *conversationAPI) organization(c call) {
	o, err := a.service.OwnOrganization(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "organization", o, err)
}

func (a *conversationAPI) changeOrganization(c call) {
	var ch chat.OrganizationChanges
	err := c.read(a.maxBody, fields{
		"name": &ch.Name, "offline_message": &ch.OfflineMessage, "greeting": &ch.Greeting, "time_zone": &ch.TimeZone,
		"allowed_origins": &ch.AllowedOrigins, "strategy": &ch.Strategy, "max_conversations": &ch.MaxConversations,
		"answer_within_ms": &ch.AnswerWithinMS, "retain_days": &ch.RetainDays, "calls": &ch.Calls,
	})
	var o models.Organization
	if err == nil {
		o, err = a.service.ChangeOrganization(c.Request.Context(), c.principal, ch)
	}
	c.reply(http.StatusOK, "organization", o, err)
}

func (a *conversationAPI) team(c call) {
	team, err := a.service.Team(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "managers", team, err)
}

func managerFields(ch *chat.ManagerChanges) fields {
	return fields{
		"name": &ch.Name, "email": &ch.Email, "role": &ch.Role, "avatar_url": &ch.AvatarURL, "time_zone": &ch.TimeZone,
		"max_conversations": &ch.MaxConversations,
	}
}

func (a *conversationAPI) hire(c call) {
	var ch chat.ManagerChanges
	var password string
	given := managerFields(&ch)
	given["password"] = &password
	err := c.read(a.maxBody, given)
	var m chat.Colleague
	if err == nil {
		m, err = a.service.Hire(c.Request.Context(), c.principal, ch, password)
	}
	c.reply(http.StatusCreated, "manager", m, err)
}

// managerID reads the id in the path.
func (c call) managerID() (int64, error) { return pathID(c.Context, "id", "manager_not_found") }

func (a *conversationAPI) colleague(c call) {
	id, err := c.managerID()
	var m chat.Colleague
	if err == nil {
		m, err = a.service.Colleague(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusOK, "manager", m, err)
}

func (a *conversationAPI) changeColleague(c call) {
	var ch chat.ManagerChanges
	id, err := c.managerID()
	if err == nil {
		err = c.read(a.maxBody, managerFields(&ch))
	}
	var m chat.Colleague
	if err == nil {
		m, err = a.service.ChangeColleague(c.Request.Context(), c.principal, id, ch)
	}
	c.reply(http.StatusOK, "manager", m, err)
}

// done runs what has no answer but that it is done.
func (a *conversationAPI) done(c call, do func(id int64) error) {
	id, err := c.managerID()
	if err == nil {
		err = do(id)
	}
	c.reply(http.StatusNoContent, "", nil, err)
}

func (a *conversationAPI) dismiss(c call) {
	a.done(c, func(id int64) error { return a.service.Dismiss(c.Request.Context(), c.principal, id) })
}

func (a *conversationAPI) signOut(c call) {
	a.done(c, func(id int64) error { return a.service.SignOutEverywhere(c.Request.Context(), c.principal, id) })
}

func (a *conversationAPI) unlock(c call) {
	a.done(c, func(id int64) error { return a.service.UnlockColleague(c.Request.Context(), c.principal, id) })
}

func (a *conversationAPI) password(c call) {
	a.done(c, func(id int64) error {
		change := chat.PasswordChange{ManagerID: id, Source: address(c.Context)}
		if err := c.read(maxLogin, fields{"password": &change.New, "old_password": &change.Old}); err != nil {
			return err
		}
		_, err := a.service.ChangePassword(c.Request.Context(), c.principal, change)
		return err
	})
}

func (a *conversationAPI) week(c call) {
	id, err := c.managerID()
	var week chat.Week
	if err == nil {
		week, err = a.service.Week(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusOK, "week", week, err)
}

func (a *conversationAPI) setWeek(c call) {
	var given struct {
		shifts []chat.Hours
		zone   chat.Change[string]
	}
	id, err := c.managerID()
	if err == nil {
		err = c.read(a.maxBody, fields{"shifts": &given.shifts, "time_zone": &given.zone})
	}
	if err == nil && given.shifts == nil { // a week that was forgotten is not an empty one
		err = chat.E(chat.Invalid, "field_invalid", "shifts is the list of all shifts of the week")
	}
	var week chat.Week
	if err == nil {
		week, err = a.service.SetWeek(c.Request.Context(), c.principal, id, given.shifts, given.zone)
	}
	c.reply(http.StatusOK, "week", week, err)
}

func (a *conversationAPI) absences(c call) {
	id, err := c.managerID()
	var leaves []models.Leave
	if err == nil {
		leaves, err = a.service.Absences(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusOK, "leaves", leaves, err)
}

func (a *conversationAPI) addAbsence(c call) {
	var given chat.Absence
	id, err := c.managerID()
	if err == nil {
		err = c.read(a.maxBody, fields{
			"starts_at": &given.StartsAt, "ends_at": &given.EndsAt, "from": &given.FromDay, "to": &given.ToDay, "reason": &given.Reason,
		})
	}
	var leave models.Leave
	if err == nil {
		leave, err = a.service.AddAbsence(c.Request.Context(), c.principal, id, given)
	}
	c.reply(http.StatusCreated, "leave", leave, err)
}

func (a *conversationAPI) removeAbsence(c call) {
	a.done(c, func(id int64) error {
		leave, err := pathID(c.Context, "leave_id", "leave_not_found")
		if err != nil {
			return err
		}
		return a.service.RemoveAbsence(c.Request.Context(), c.principal, id, leave)
	})
}

func (a *conversationAPI) holidays(c call) {
	all, err := a.service.Holidays(c.Request.Context(), c.principal)
	c.reply(http.StatusOK, "holidays", all, err)
}

func (a *conversationAPI) addHoliday(c call) {
	var day, name string
	err := c.read(a.maxBody, fields{"day": &day, "name": &name})
	var h models.Holiday
	if err == nil {
		h, err = a.service.AddHoliday(c.Request.Context(), c.principal, day, name)
	}
	c.reply(http.StatusCreated, "holiday", h, err)
}

func (a *conversationAPI) removeHoliday(c call) {
	id, err := pathID(c.Context, "holiday_id", "holiday_not_found")
	if err == nil {
		err = a.service.RemoveHoliday(c.Request.Context(), c.principal, id)
	}
	c.reply(http.StatusNoContent, "", nil, err)
}
