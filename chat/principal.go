package chat

import (
	"strconv"
	"time"

	"parley/models"
)

// Party is the kind of caller that credentials proved.
type Party string

// Parties. A stranger showed no credentials.
const (
	Stranger Party = ""
	Visitor  Party = "visitor"
	Manager  Party = "manager"
	Backend  Party = "backend"
	// Operator runs the server. It has no part in the chat; it may look into the engine and use all channels
	// that are not the chat's.
	Operator Party = "operator"
	// Signed has a signature that says for itself which channel it opens; see Gate.bearer.
	Signed Party = "signed"
)

// Principal is who calls, after verification. The zero value is a stranger. It is comparable: two that are
// equal have the same rights.
type Principal struct {
	Party          Party
	OrganizationID int64 // 0: a stranger, or a visitor's token without an org claim
	VisitorID      string
	ManagerID      int64
	Role           models.Role
	// KeyID is the API key; a visitor's, the one that asked for the token.
	KeyID int64
	// Scopes are what a backend's key may do.
	Scopes models.Scopes
	// SecretID is the site secret that signed a visitor's token.
	SecretID int64
	// Since is the moment from which tokens count, as it was when the manager or visitor was let in: when it moves
	// on, the principal is nobody any more. Of a backend without a key it is that of its organisation's secret.
	Since models.Time
	// ErasedAt is when a visitor was last erased before she was let in with a token; 0: never. It works as Since does.
	ErasedAt models.Time
	// Channels are the only ones that the token is for, as grantedChannels writes them; empty: any.
	Channels string
	// Signature and SignedAt are of a signed subscription, as they came.
	Signature, SignedAt string
}

// ManagerPrincipal is a manager whose credentials were proved.
func ManagerPrincipal(m models.Manager) Principal {
	return Principal{Party: Manager, ManagerID: m.ID, OrganizationID: m.OrganizationID, Role: m.Role, Since: m.TokensValidFrom}
}

// String names the principal in logs. It holds no secret.
func (p Principal) String() string {
	switch p.Party {
	case Visitor:
		return "visitor:" + p.VisitorID
	case Manager:
		return string(p.Role) + ":" + strconv.FormatInt(p.ManagerID, 10)
	case Signed:
		return "signed"
	case Backend:
		if p.KeyID == 0 {
			return "secret:" + strconv.FormatInt(p.OrganizationID, 10)
		}
		return "key:" + strconv.FormatInt(p.KeyID, 10)
	case Operator:
		return "operator"
	default:
		return "stranger"
	}
}

func (p Principal) supervises() bool { return p.Party == Manager && p.Role.Supervises() }

// administers: an API key does what an admin does, where its scopes let it in and but for keys and secrets.
func (p Principal) administers() bool {
	return p.Party == Backend || p.Party == Manager && p.Role == models.RoleAdmin
}

// Administers tells whether p does what an admin does, as far as scopes go.
func (p Principal) Administers() bool { return p.administers() && p.allows(models.ScopePeople) }

// is tells whether p is that manager herself.
func (p Principal) is(managerID int64) bool { return p.Party == Manager && p.ManagerID == managerID }

// Sender is whom a request claims to speak for: the parameter of the original API. A verified token wins
// over it. The zero value claims nothing.
type Sender struct {
	Type models.SenderType
	ID   string
}

// Claims is what a token says, once its signature and time were checked.
type Claims struct {
	Subject        string
	Role           string // "visitor", "operator", or a manager's role
	OrganizationID int64  // 0 when absent
	// IssuedAt is zero when the token does not say.
	IssuedAt, ExpiresAt time.Time
	// SecretID is the site secret that signed the token, KeyID the API key that asked for it; 0: none.
	SecretID, KeyID int64
	// Channels are patterns of the only channels that the token is for; nil: any.
	Channels []string
	// Renewable: whoever has the token may have another one for it.
	Renewable bool
	// Identity is what a token that a site secret signed says of the visitor.
	Identity Identity
}

// Verifier checks tokens. Any error means that the token is not valid.
type Verifier interface {
	DataVerifier
	// Verify checks a token that one of the server's own keys signed.
	Verify(token string) (Claims, error)
	// SiteSecret tells which site secret a token says it was signed with. Nothing is checked yet, and id is 0 when
	// there cannot be such a secret.
	SiteSecret(token string) (id int64, says bool)
	// VerifySite checks such a token: HS256, with the secret that it names.
	VerifySite(token, secret string) (Claims, error)
}
