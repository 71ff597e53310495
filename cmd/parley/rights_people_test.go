package main

import "parley/models"

// People, schedules and figures. Managers prove themselves with a token where they are trusted, too.
func init() {
	admins := []caller{administrator, key}
	supervisors := []caller{supervisor, administrator, key}
	insiders := and(managers, key)
	self := map[string]string{"id": "self"}
	const hired = `{"name":"New","email":"{random}@example.com","password":"long enough words"}`
	addRights(
		right{call: "GET /chat/site", query: "app_key={site_key}", may: who{200: {anyone}}},
		right{call: "GET /chat/organization", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "PATCH /chat/organization", body: `{"greeting":"Hi {random}"}`, scope: models.ScopePeople, may: who{200: admins}},
		right{call: "GET /chat/managers", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "POST /chat/managers", body: hired, scope: models.ScopePeople, may: who{201: admins}},
		right{call: "GET /chat/managers/:id", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "PATCH /chat/managers/:id", as: "name", body: `{"name":"{random}"}`, scope: models.ScopePeople, may: who{200: admins}},
		right{call: "PATCH /chat/managers/:id", as: "own name", body: `{"name":"{random}"}`, things: self, only: team, may: who{200: team}},
		right{call: "PATCH /chat/managers/:id", as: "role", body: `{"role":"supervisor"}`, scope: models.ScopePeople, may: who{200: admins}},
		right{call: "PATCH /chat/managers/:id", as: "own role", body: `{"role":"admin"}`, things: self, only: []caller{counterpart, supervisor, foreignManager, foreignSupervisor}, may: who{403: {counterpart, supervisor, foreignManager, foreignSupervisor}}},
		right{call: "PATCH /chat/managers/:id", as: "limit", body: `{"max_conversations":5}`, scope: models.ScopePeople, may: who{200: supervisors}},
		right{call: "PATCH /chat/managers/:id", as: "own limit", body: `{"max_conversations":null}`, things: self, only: managers, may: who{200: {supervisor, administrator}}},
		right{call: "DELETE /chat/managers/:id", scope: models.ScopePeople, may: who{204: admins}},
		right{call: "POST /chat/managers/:id/password", body: `{"password":"other long words"}`, scope: models.ScopePeople, may: who{204: admins}},
		right{call: "POST /chat/managers/:id/password", as: "own, not proved", body: `{"password":"other long words"}`, things: self, only: []caller{counterpart, administrator}, may: who{403: {counterpart, administrator}}},
		right{call: "POST /chat/managers/:id/password", as: "own", body: `{"password":"` + rightsPassword + `","old_password":"` + rightsPassword + `"}`, things: self, only: []caller{counterpart, foreignManager}, may: who{204: {counterpart, foreignManager}}},
		right{call: "POST /chat/managers/:id/sign_out", scope: models.ScopePeople, may: who{204: admins}},
		right{call: "POST /chat/managers/:id/sign_out", as: "herself", things: self, only: team, may: who{204: team}},
		right{call: "POST /chat/managers/:id/unlock", scope: models.ScopePeople, may: who{204: admins}},
		right{call: "GET /chat/managers/:id/shifts", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "PUT /chat/managers/:id/shifts", body: `{"shifts":[]}`, scope: models.ScopePeople, may: who{200: supervisors}},
		right{call: "PUT /chat/managers/:id/shifts", as: "own", body: `{"shifts":[]}`, things: self, only: managers, may: who{200: {supervisor, administrator}}},
		right{call: "GET /chat/managers/:id/leaves", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "POST /chat/managers/:id/leaves", body: `{"from":"2040-01-01","to":"2040-01-02"}`, scope: models.ScopePeople, may: who{201: supervisors}},
		right{call: "DELETE /chat/managers/:id/leaves/:leave_id", scope: models.ScopePeople, may: who{204: supervisors}},
		right{call: "GET /chat/holidays", scope: models.ScopePeople, may: who{200: insiders}},
		right{call: "POST /chat/holidays", body: `{"day":"{day}","name":"New Year"}`, scope: models.ScopePeople, may: who{201: admins}},
		right{call: "DELETE /chat/holidays/:holiday_id", scope: models.ScopePeople, may: who{204: admins}},

		// No key makes keys.
		right{call: "GET /chat/keys", may: who{200: {administrator}}},
		right{call: "POST /chat/keys", body: `{"name":"{random}","scopes":["push"]}`, may: who{201: {administrator}}},
		right{call: "PATCH /chat/keys/:key_id", body: `{"name":"{random}"}`, may: who{200: {administrator}}},
		right{call: "DELETE /chat/keys/:key_id", may: who{204: {administrator}}},
		right{call: "GET /chat/private_pub", may: who{200: {administrator}}},
		right{call: "PUT /chat/private_pub", body: `{}`, may: who{200: {administrator}}},
		right{call: "DELETE /chat/private_pub", may: who{204: {administrator}}},

		right{call: "GET /chat/duty", may: who{200: managers}},
		right{call: "POST /chat/duty", body: `{"state":"paused"}`, may: who{200: managers}},

		// A manager sees her own figures, who supervises everybody's.
		right{call: "GET /chat/numbers", query: "from=2026-01-01&to=2026-01-02&by=day", scope: models.ScopeNumbers, may: who{200: supervisors}},
		right{call: "GET /chat/numbers", as: "own", query: "from=2026-01-01&to=2026-01-02&by=day&manager_id={self}", only: team, may: who{200: team}},
		right{call: "GET /chat/numbers", as: "of another", query: "from=2026-01-01&to=2026-01-02&by=day&manager_id={manager_id}", scope: models.ScopeNumbers,
			may: who{200: and(supervisors, counterpart), 404: {foreignSupervisor, foreignAdmin, foreignKey}, 403: {foreignManager}}},
		right{call: "GET /chat/numbers/now", scope: models.ScopeNumbers, may: who{200: supervisors}},
	)
}
