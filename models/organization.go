package models

// Organization owns managers, visitors and their conversations. Organisations never see each other.
type Organization struct {
	ID   int64  `json:"id" gorm:"primaryKey"`
	UUID string `json:"uuid"`
	Name string `json:"name"`
	// SiteKey names the organisation in a page's source. It is no secret.
	SiteKey string `json:"site_key"`
	// OfflineMessage is the text of "nobody is on duty"; empty means the configured one.
	OfflineMessage string `json:"offline_message"`
	CreatedAt      Time   `json:"created_at" gorm:"autoCreateTime:false"`
}
