// Package models holds what Parley keeps: plain records with their field rules. It knows no database (the
// gorm tags are strings), no wire and no rule of the product; chat decides, chat/store keeps.
//
// Ids: organisations, managers, messages, notifications and events count upwards. A conversation's id is a
// random number below 2^53, because a legacy widget that sends no token has nothing but that number as its
// right to the conversation. A visitor's id is the opaque string that the site's tracking gave it.
package models
