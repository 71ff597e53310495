/** A promise with the words that pages know from jQuery's. */
export interface Deferred<T> extends Promise<T> {
  done(...callbacks: ((value: T) => void)[]): Deferred<T>
  fail(...callbacks: ((error: unknown) => void)[]): Deferred<T>
  always(...callbacks: ((valueOrError: unknown) => void)[]): Deferred<T>
  /** What then gives has these words, too. */
  then<A = T, B = never>(onDone?: ((value: T) => A | PromiseLike<A>) | null, onFailed?: ((error: any) => B | PromiseLike<B>) | null): Deferred<A | B>
}

/**
 * Gives a promise done, fail and always. Its failure is nobody's unhandled rejection, as with jQuery: most pages never
 * look at what comes of a call.
 */
export function deferred<T>(promise: Promise<T>): Deferred<T> {
  const then = promise.then.bind(promise) as Promise<T>['then']
  then(undefined, () => {})
  const made = promise as Deferred<T>
  return Object.assign(made, {
    then: (onDone?: any, onFailed?: any) => deferred(then(onDone, onFailed)),
    done: (...callbacks: ((value: T) => void)[]) => chained(made, callbacks, []),
    fail: (...callbacks: ((error: unknown) => void)[]) => chained(made, [], callbacks),
    always: (...callbacks: ((valueOrError: unknown) => void)[]) => chained(made, callbacks, callbacks),
  }) as Deferred<T>
}

function chained<T>(made: Deferred<T>, done: ((value: T) => void)[], failed: ((error: unknown) => void)[]): Deferred<T> {
  for (const callback of done) void made.then(callback)
  for (const callback of failed) void made.then(null, callback)
  return made
}
