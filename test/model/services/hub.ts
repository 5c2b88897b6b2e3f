/** Where Docker Hub is. */
export const apiUrl = 'https://hub.example';

/** Whose account it is. */
export const mainUser = 'emulator';

/** What a token says that Docker has made for itself. */
export const generatedBy = 'docker_desktop';

/** The bearer stands for the user for ever: logins are not what a model is about. */
export const env = {
  DOCKER_HUB_API_URL: apiUrl,
  DOCKER_HUB_TOKEN: 'emulator',
  DOCKER_HUB_USERNAME: mainUser,
};

/** What tokens of both kinds show. */
export interface ShownHub {
  readonly token?: string;
  readonly expires_at: string | null;
}

/** An answer with its secret left out. */
export function withoutSecret(text: string): string {
  return text.replace(/"token":"[^"]*"/, '"token":""');
}
