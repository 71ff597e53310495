package giosg

import (
	"net/http"

	"parley/chat"
)

func (a *API) teamRoutes() {
	a.on(http.MethodGet, chat.ResourceTeams, a.teams)
	a.on(http.MethodPost, chat.ResourceTeams, a.createTeam)
	a.on(http.MethodGet, chat.ResourceTeam, a.team)
	a.on(http.MethodPut, chat.ResourceTeam, a.renameTeam)
	a.on(http.MethodPatch, chat.ResourceTeam, a.renameTeam)
	a.on(http.MethodDelete, chat.ResourceTeam, a.deleteTeam)
	a.on(http.MethodGet, chat.ResourceTeamMembers, a.teamMembers)
	a.on(http.MethodPut, chat.ResourceTeamMember, a.addTeamMember)
	a.on(http.MethodDelete, chat.ResourceTeamMember, a.removeTeamMember)
	a.on(http.MethodGet, chat.ResourceInvitations, a.invitations)
	a.on(http.MethodPost, chat.ResourceInvitations, a.invite)
	a.on(http.MethodGet, chat.ResourceInvitation, a.invitation)
	a.on(http.MethodGet, chat.ResourceReceived, a.received)
	a.on(http.MethodGet, chat.ResourceReceivedOne, a.receivedOne)
}

func (a *API) teams(c *call) error {
	q, err := c.page(false)
	if err != nil {
		return err
	}
	list, page, err := c.service().Teams(c.Context(), c.found, q)
	if err != nil {
		return err
	}
	return listed(c, list, page, func(t chat.TeamFacts) chat.Place { return chat.Place{At: t.CreatedAt, ID: t.ID} }, TeamJSON)
}

func (a *API) team(c *call) error { return c.replyTeam(http.StatusOK, c.resource.Team) }

func (c *call) replyTeam(status int, uuid string) error {
	t, err := c.service().TeamNamed(c.Context(), c.found, uuid)
	if err != nil {
		return err
	}
	return c.reply(status, TeamJSON(t))
}

// teamName reads the one attribute that may be written; without it "" and false.
func (c *call) teamName() (name string, given bool, err error) {
	all, err := c.read(fields{"name": &name})
	return name, all["name"], err
}

func (a *API) createTeam(c *call) error {
	name, given, err := c.teamName()
	if err == nil && !given {
		err = required("name")
	}
	if err != nil {
		return err
	}
	t, err := c.service().CreateTeam(c.Context(), c.principal, name)
	if err != nil {
		return err
	}
	return c.replyTeam(http.StatusCreated, t.UUID)
}

func (a *API) renameTeam(c *call) error {
	name, given, err := c.teamName()
	if err == nil && !given && c.Method == http.MethodPut {
		err = required("name")
	}
	if err == nil && given {
		_, err = c.service().RenameTeam(c.Context(), c.principal, c.resource.Team, name)
	}
	if err != nil {
		return err
	}
	return c.replyTeam(http.StatusOK, c.resource.Team)
}

func (a *API) deleteTeam(c *call) error {
	return c.done(http.StatusNoContent, nil, c.service().DeleteTeam(c.Context(), c.principal, c.resource.Team))
}

// teamMembers lists who is in a team, in one page.
func (a *API) teamMembers(c *call) error {
	t, err := c.service().TeamNamed(c.Context(), c.found, c.resource.Team)
	if err != nil {
		return err
	}
	return listed(c, t.Members, chat.Page{}, func(chat.UserFacts) chat.Place { return chat.Place{} }, func(u chat.UserFacts) any {
		return UserJSON(u, c.private(u.User.ID))
	})
}

// addTeamMember puts a user into a team: 201 when she was not in it.
func (a *API) addTeamMember(c *call) error {
	news, err := c.setTeamMember(true)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if news {
		status = http.StatusCreated
	}
	return c.replyTeam(status, c.resource.Team)
}

func (a *API) removeTeamMember(c *call) error {
	news, err := c.setTeamMember(false)
	if err == nil && !news {
		err = notFound()
	}
	return c.done(http.StatusNoContent, nil, err)
}

func (c *call) setTeamMember(belongs bool) (news bool, err error) {
	user, err := c.service().UserByUUID(c.Context(), c.found.Organization, c.resource.Key)
	if err != nil {
		return false, err
	}
	return c.service().SetTeamMember(c.Context(), c.principal, c.resource.Team, user.ID, belongs)
}

// invitations lists those that the path's user has sent for the chat.
func (a *API) invitations(c *call) error {
	list, err := c.service().Invitations(c.Context(), c.found)
	if err != nil {
		return err
	}
	return listed(c, list, chat.Page{}, func(chat.InvitationFacts) chat.Place { return chat.Place{} }, InvitationJSON)
}

func (a *API) invitation(c *call) error {
	list, err := c.service().Invitations(c.Context(), c.found)
	if err != nil {
		return err
	}
	for _, i := range list {
		if i.UUID == c.resource.Key {
			return c.reply(http.StatusOK, InvitationJSON(i))
		}
	}
	return notFound()
}

// received lists what the path's user is asked, alone or with a team of hers, and nobody has accepted: who joins the chat
// does.
func (a *API) received(c *call) error {
	q, err := c.page(false)
	if err != nil {
		return err
	}
	list, page, err := c.service().Received(c.Context(), c.found, q)
	if err != nil {
		return err
	}
	return listed(c, list, page, func(i chat.InvitationFacts) chat.Place { return chat.Place{At: i.CreatedAt, ID: i.ID} }, InvitationJSON)
}

func (a *API) receivedOne(c *call) error {
	i, err := c.service().ReceivedOne(c.Context(), c.found, c.resource.Key)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, InvitationJSON(i))
}

// invite asks a team or a user to take the chat; somebody who is on duty is given it at once.
func (a *API) invite(c *call) error {
	var team, user *string
	if _, err := c.read(fields{"invited_team_id": &team, "invited_user_id": &user}); err != nil {
		return err
	}
	r := chat.InviteRequest{ConversationID: c.found.Chat.ID, InviterID: c.found.User.ID}
	switch {
	case (team == nil) == (user == nil):
		return invalid(noField, "Either invited_team_id or invited_user_id is required.")
	case team != nil:
		if _, err := c.service().TeamNamed(c.Context(), c.found, *team); err != nil {
			return asField("invited_team_id", err)
		}
		r.Team = *team
	default:
		invited, err := c.service().UserByUUID(c.Context(), c.found.Organization, *user)
		if err != nil {
			return asField("invited_user_id", err)
		}
		r.ManagerID = invited.ID
	}
	i, err := c.service().Invite(c.Context(), c.principal, r)
	if err != nil {
		return err
	}
	facts, err := c.service().InvitationNow(c.Context(), i.ConversationID, i.UUID)
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, InvitationJSON(facts))
}

// asField makes "not found" a body's mistake: what the path names is there.
func asField(attribute string, err error) error {
	if chat.KindOf(err) == chat.NotFound {
		return invalid(attribute, "Object does not exist.")
	}
	return err
}
