/** Wakes everybody who waits for something to have changed. */
export type Bell = { readonly ring: () => void; readonly next: () => Promise<void> };

export function openBell(): Bell {
  let wake = () => {};
  let rung = Promise.resolve();
  const renew = () => {
    rung = new Promise((resolve) => {
      wake = resolve;
    });
  };
  renew();
  return {
    ring() {
      wake();
      renew();
    },
    next: () => rung,
  };
}
