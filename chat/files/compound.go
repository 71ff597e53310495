package files

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"parley/chat"
)

// streams name what is inside the old office's documents. Installers are such compound files, too.
var streams = []struct{ name, kind string }{
	{"WordDocument", "application/msword"},
	{"Workbook", "application/vnd.ms-excel"},
	{"Book", "application/vnd.ms-excel"},
	{"PowerPoint Document", "application/vnd.ms-powerpoint"},
}

// Refine tells which of the old office's documents a compound file is. Its directory, which says so, may lie
// anywhere in the file; read reads there. Other types stay as they are.
func (m *Media) Refine(kind string, head []byte, read func(offset, length int64) ([]byte, error)) string {
	if kind != chat.CompoundFile || len(head) < 52 {
		return kind
	}
	shift := binary.LittleEndian.Uint16(head[30:])
	if shift != 9 && shift != 12 {
		return kind
	}
	offset := (int64(binary.LittleEndian.Uint32(head[48:])) + 1) << shift
	directory, err := read(offset, 1<<shift)
	if err != nil {
		return kind
	}
	const entry = 128
	for ; len(directory) >= entry; directory = directory[entry:] {
		for _, s := range streams {
			if name := wide(s.name); bytes.HasPrefix(directory, append(name, 0, 0)) {
				return s.kind
			}
		}
	}
	return kind
}

// wide is s in UTF-16, as the directory has it.
func wide(s string) (b []byte) {
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}
