// Times and sizes in words of this page's people.

const DAY = 86_400;

/** Say a duration of seconds by its two largest parts: 42 s, 3 min 5 s, 2 d 4 h. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= DAY) {
    return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / 3600)} h`;
  }
  if (whole >= 3600) {
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

/** Say how long ago something was, by seconds. */
export function ago(seconds) {
  return seconds < 1 ? "just now" : `${duration(seconds)} ago`;
}

/** Say a size of bytes. */
export function size(bytes) {
  let value = bytes;
  for (const unit of ["bytes", "KB", "MB", "GB"]) {
    if (value < 1024) {
      return unit === "bytes" ? `${value} bytes` : `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
    }
    value /= 1024;
  }
  return `${value.toFixed(1)} TB`;
}

/** Say a number of things: 1 node, 2 nodes. */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Say a moment (RFC 3339, or milliseconds since 1970) in this machine's time; "never" when there was none. */
export function moment(when) {
  return when === null || when === undefined ? "never" : new Date(when).toLocaleString();
}

/** Say a value, or a dash when nobody knows it. */
export function known(value, say = String) {
  return value === null || value === undefined || value === "" ? "–" : say(value);
}
