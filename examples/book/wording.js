/** 12,345 */
export function count(number) {
  return Math.round(number).toLocaleString('en');
}

/** 1:05 */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const TROUBLES = {
  ENOENT: 'there is none of this name',
  ENOTDIR: 'there is none of this name',
  EISDIR: 'that is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/** Why a file could not be read or written. */
export function fileTrouble(error) {
  return TROUBLES[error.code] ?? error.message;
}
