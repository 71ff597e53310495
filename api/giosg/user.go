package giosg

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"parley/chat"
)

func (a *API) userRoutes() {
	a.on(http.MethodGet, chat.ResourceMe, a.user)
	a.on(http.MethodGet, chat.ResourceUsers, a.users)
	a.on(http.MethodGet, chat.ResourceUser, a.user)
	a.on(http.MethodPut, chat.ResourceUser, a.changeUser)
	a.on(http.MethodPatch, chat.ResourceUser, a.changeUser)
	a.on(http.MethodPatch, chat.ResourcePreferences, a.preferences)
}

// private tells whether the caller sees a user's address.
func (c *call) private(managerID int64) bool {
	return c.principal.Administers() || c.principal.Party == chat.Manager && c.principal.ManagerID == managerID
}

func (a *API) user(c *call) error {
	facts, err := c.service().User(c.Context(), c.found.Organization, c.found.User)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, UserJSON(facts, c.private(facts.User.ID)))
}

// users lists an organisation's. There are few enough to be sorted here.
func (a *API) users(c *call) error {
	q, err := c.page(false, "email")
	if err != nil {
		return err
	}
	managers, err := c.flag("is_manager")
	if err != nil {
		return err
	}
	all, err := c.service().Users(c.Context(), c.found.Organization, c.resource.Deleted)
	if err != nil {
		return err
	}
	if managers != nil {
		all = slices.DeleteFunc(all, func(u chat.UserFacts) bool { return u.User.Role.Supervises() != *managers })
	}
	byEmail := strings.HasSuffix(c.query.Get("ordering"), "email")
	slices.SortFunc(all, func(x, y chat.UserFacts) int {
		if byEmail {
			return cmp.Compare(x.User.Email, y.User.Email)
		}
		return cmp.Or(cmp.Compare(x.User.CreatedAt, y.User.CreatedAt), cmp.Compare(x.User.ID, y.User.ID))
	})
	place := func(u chat.UserFacts) chat.Place { return chat.Place{At: u.User.CreatedAt, ID: u.User.ID} }
	part, page := slicePage(all, q, place)
	return listed(c, part, page, place, func(u chat.UserFacts) any { return UserJSON(u, c.private(u.User.ID)) })
}

// userChanges reads what may be said of a user. A name in two parts is one here; what is left out of it stays.
func (c *call) userChanges() (ch chat.ManagerChanges, enabled chat.Change[bool], err error) {
	var first, last chat.Change[string]
	var avatar chat.Change[*string]
	given, err := c.read(fields{
		"first_name": &first, "last_name": &last, "full_name": &ch.Name, "email": &ch.Email,
		"avatar_url": &avatar, "is_online_enabled": &enabled,
	})
	if err != nil {
		return ch, enabled, err
	}
	ch.AvatarURL = avatar
	if given["first_name"] || given["last_name"] {
		oldFirst, oldLast := splitName(c.found.User.Name)
		if !first.Set {
			first.To = oldFirst
		}
		if !last.Set {
			last.To = oldLast
		}
		ch.Name = chat.To(strings.TrimSpace(strings.TrimSpace(first.To) + " " + strings.TrimSpace(last.To)))
	}
	same := func(text chat.Change[string], now string) bool { return text.Set && text.To == now }
	if same(ch.Name, c.found.User.Name) {
		ch.Name.Set = false // a PUT says what it has read
	}
	if same(ch.Email, c.found.User.Email) || ch.Email.Set && ch.Email.To == "" {
		ch.Email.Set = false
	}
	return ch, enabled, nil
}

func (a *API) changeUser(c *call) error {
	changes, enabled, err := c.userChanges()
	if err != nil {
		return err
	}
	id := c.found.User.ID
	if changes.Name.Set || changes.Email.Set || changes.AvatarURL.Set {
		if _, err := c.service().ChangeColleague(c.Context(), c.principal, id, changes); err != nil {
			return err
		}
	}
	if enabled.Set {
		if err := c.service().EnableOnline(c.Context(), c.principal, id, enabled.To); err != nil {
			return err
		}
	}
	if c.found.User, err = c.service().Manager(c.Context(), c.found.Organization, id); err != nil {
		return err
	}
	return a.user(c)
}

// preferences answers a client that tells its user's language. There is nothing here that would speak it.
func (a *API) preferences(c *call) error {
	values, err := c.object()
	if err != nil {
		return err
	}
	answer := map[string]any{"user_id": c.found.User.UUID}
	if language, given := values["ui_language_code"]; given {
		answer["ui_language_code"] = language
	}
	return c.reply(http.StatusOK, answer)
}
