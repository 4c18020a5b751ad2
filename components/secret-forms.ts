/** Where a secret's value is, by compute: its form, and the form in words. */
export const SECRET_FORMS = {
  fargate: {
    form: /^arn:[^:]+:(secretsmanager|ssm):/,
    words: "the ARN of a Secrets Manager secret or an SSM parameter",
  },
  autoscaling: {
    form: /^arn:[^:]+:(secretsmanager|ssm):/,
    words: "the ARN of a Secrets Manager secret or an SSM parameter",
  },
  kubernetes: {
    form: /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?\/[-._a-zA-Z0-9]+$/,
    words: '"secret-name/key", a Secret of the namespace and one of its keys',
  },
} as const;
