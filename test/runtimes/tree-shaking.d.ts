export function checkTreeShaking(code: string, build: string): true;
