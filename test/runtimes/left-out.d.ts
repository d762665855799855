export function leftOut(code: string, build: string): true;
