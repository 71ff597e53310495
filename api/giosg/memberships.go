package giosg

import (
	"net/http"
	"strings"

	"parley/chat"
)

func (a *API) membershipRoutes() {
	for _, on := range []func(string, chat.ResourceKind, handler, ...chat.Via){a.on, a.onPublic} {
		on(http.MethodGet, chat.ResourceMemberships, a.memberships)
		on(http.MethodGet, chat.ResourceMembership, a.membership)
		on(http.MethodGet, chat.ResourceOwnMemberships, a.ownMemberships)
		on(http.MethodGet, chat.ResourceOwnMembership, a.ownMembership)
	}
	a.on(http.MethodPost, chat.ResourceMemberships, a.join)
	for _, method := range []string{http.MethodPut, http.MethodPatch} {
		a.on(method, chat.ResourceMembership, a.changeMember)
		a.on(method, chat.ResourceOwnMembership, a.changeOwnMembership)
		a.onPublic(method, chat.ResourceOwnMembership, a.attendVisitor)
	}
}

// showMember is how a membership looks on the call's path.
func (c *call) showMember(f chat.MemberFacts) any {
	if strings.Contains(c.resource.Path+"/", "/members/") {
		return formerMember(f, c.resource.Public)
	}
	return MemberJSON(f, c.resource.Public)
}

// memberships lists a chat's, the visitor first. There is one page: members are as few as an organisation's managers.
func (a *API) memberships(c *call) error {
	members, err := c.service().Members(c.Context(), c.found)
	if err != nil {
		return err
	}
	return listed(c, members, chat.Page{}, func(chat.MemberFacts) chat.Place { return chat.Place{} }, c.showMember)
}

// member finds the manager, or with 0 the visitor, whom the path names last.
func (c *call) member() (managerID int64, err error) {
	if c.resource.Key == c.found.Chat.VisitorID {
		return 0, nil
	}
	if c.found.User.UUID == c.resource.Key {
		return c.found.User.ID, nil
	}
	m, err := c.service().UserByUUID(c.Context(), c.found.Organization, c.resource.Key)
	return m.ID, err
}

func (a *API) membership(c *call) error {
	managerID, err := c.member()
	if err != nil {
		return err
	}
	return c.replyMember(http.StatusOK, managerID)
}

func (c *call) replyMember(status int, managerID int64) error {
	facts, err := c.service().Member(c.Context(), c.found, managerID)
	if err != nil {
		return err
	}
	return c.reply(status, c.showMember(facts))
}

// ownMemberships lists those of the path's user or visitor, one for each chat.
func (a *API) ownMemberships(c *call) error {
	q, err := c.page(false)
	if err != nil {
		return err
	}
	participating, err := c.flag("is_participating")
	if err != nil {
		return err
	}
	list, page, err := c.service().MembershipsOf(c.Context(), c.found, participating, q)
	if err != nil {
		return err
	}
	return listed(c, list, page, func(f chat.MemberFacts) chat.Place { return chat.PlaceOfMembership(f.Membership) }, c.showMember)
}

func (a *API) ownMembership(c *call) error { return c.replyMember(http.StatusOK, c.found.User.ID) }

// memberBody is what a body says of a membership.
type memberBody struct {
	memberID      *string
	participating *bool
	composing     chat.Composing
}

func (c *call) memberBody() (b memberBody, err error) {
	var composing *string
	_, err = c.read(fields{"member_id": &b.memberID, "is_participating": &b.participating, "composing_status": &composing})
	if err != nil || composing == nil {
		return b, err
	}
	var ok bool
	if b.composing, ok = chat.ComposingOf(*composing); !ok {
		return b, invalid("composing_status", "\""+*composing+"\" is not a valid choice.")
	}
	return b, nil
}

// join makes the path's user a member, or whom the body names.
func (a *API) join(c *call) error {
	body, err := c.memberBody()
	if err != nil {
		return err
	}
	user := c.found.User
	switch {
	case body.memberID == nil && user.ID == 0:
		return required("member_id")
	case body.memberID == nil || user.ID != 0 && *body.memberID == user.UUID:
	case user.ID != 0:
		return invalid("member_id", "The path is another user's.")
	default:
		if user, err = c.service().UserByUUID(c.Context(), c.found.Organization, *body.memberID); err != nil {
			return asField("member_id", err)
		}
	}
	return c.change(user.ID, body, false)
}

// changeMember changes the membership that is named at the path's end: PUT makes it where there is none.
func (a *API) changeMember(c *call) error {
	managerID, err := c.member()
	if err != nil {
		return err
	}
	if managerID == 0 {
		return chat.E(chat.Forbidden, "forbidden", "Only the visitor says whether she is there")
	}
	body, err := c.memberBody()
	if err != nil {
		return err
	}
	return c.change(managerID, body, c.Method == http.MethodPatch)
}

func (a *API) changeOwnMembership(c *call) error {
	body, err := c.memberBody()
	if err != nil {
		return err
	}
	return c.change(c.found.User.ID, body, c.Method == http.MethodPatch)
}

// change answers with the membership: 201 when it is new.
func (c *call) change(managerID int64, body memberBody, known bool) error {
	exclusive, err := c.flag("exclusive")
	if err != nil {
		return err
	}
	isNew, err := c.service().ChangeMember(c.Context(), c.principal, chat.MemberChange{
		ConversationID: c.found.Chat.ID, ManagerID: managerID, Participating: body.participating, Composing: body.composing,
		Exclusive: exclusive != nil && *exclusive, Known: known,
	})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	return c.replyMember(status, managerID)
}

// attendVisitor is the visitor who opens or closes the chat's window, or writes.
func (a *API) attendVisitor(c *call) error {
	body, err := c.memberBody()
	if err != nil {
		return err
	}
	if body.participating != nil {
		err = c.service().AttendVisitor(c.Context(), c.principal, c.found.Chat.ID, *body.participating)
	}
	if err == nil && body.composing != "" {
		err = c.service().Compose(c.Context(), c.principal, c.found.Chat.ID, 0, body.composing)
	}
	if err != nil {
		return err
	}
	return c.replyMember(http.StatusOK, 0)
}
