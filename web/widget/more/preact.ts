// Preact as the first script lends it; the build puts this in the place of preact and its parts.
import type { Kit } from '../later'

export let Fragment: Kit['Fragment']
export let jsx: Kit['jsx']
export let jsxs: Kit['jsxs']
export let useEffect: Kit['useEffect']
export let useRef: Kit['useRef']
export let useState: Kit['useState']

export function take(kit: Kit): void {
  ;({ Fragment, jsx, jsxs, useEffect, useRef, useState } = kit)
}
