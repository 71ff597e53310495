// Package files keeps the files of attachments, in a folder or in a bucket of S3 or what speaks like it, and tells
// by their content what they are. It is the one package that knows buckets and pictures.
//
// A folder is written so that a file is there whole, on the disk, or not at all. A bucket gets parts of 5 MiB, so
// that an upload holds no more than one of them in memory; a killed process leaves unfinished uploads behind there,
// which a rule of the bucket (AbortIncompleteMultipartUpload) should end.
package files
