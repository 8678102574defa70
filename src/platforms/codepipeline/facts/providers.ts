/**
 * Actions that CodePipeline has, by owner, category and provider, with the keys of their configuration, and the rules of
 * its conditions. Categories and owners are those of the service's API model; providers and keys those of its action and
 * rule references. `undefined` keys are not listed there, or not as the only ones, so nothing is said about them. What
 * has the owner `Custom`, Jenkins among it, has the names that a team gave it.
 */

export interface Provider {
  readonly name: string;
  readonly owner: "AWS" | "ThirdParty";
  readonly categories: readonly string[];
  readonly keys: readonly string[] | undefined;
  /** Keys with a number in them. */
  readonly pattern?: RegExp;
}

export const categories = ["Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute"] as const;
export const owners = ["AWS", "ThirdParty", "Custom"] as const;

const build = [
  "ProjectName",
  "PrimarySource",
  "BatchEnabled",
  "BuildspecOverride",
  "CombineArtifacts",
  "EnvironmentVariables",
];

const stackSet = [
  "StackSetName",
  "DeploymentTargets",
  "Regions",
  "FailureTolerancePercentage",
  "FailureToleranceCount",
  "MaxConcurrentPercentage",
  "MaxConcurrentCount",
  "ConcurrencyMode",
  "CallAs",
];

export const providers: readonly Provider[] = [
  {
    name: "S3",
    owner: "AWS",
    categories: ["Source"],
    keys: ["S3Bucket", "S3ObjectKey", "AllowOverrideForS3ObjectKey", "PollForSourceChanges"],
  },
  { name: "ECR", owner: "AWS", categories: ["Source"], keys: ["RepositoryName", "ImageTag"] },
  {
    name: "CodeCommit",
    owner: "AWS",
    categories: ["Source"],
    keys: ["RepositoryName", "BranchName", "PollForSourceChanges", "OutputArtifactFormat"],
  },
  {
    name: "CodeStarSourceConnection",
    owner: "AWS",
    categories: ["Source"],
    keys: ["ConnectionArn", "FullRepositoryId", "BranchName", "OutputArtifactFormat", "DetectChanges"],
  },
  {
    name: "GitHub",
    owner: "ThirdParty",
    categories: ["Source"],
    keys: ["Owner", "Repo", "Branch", "OAuthToken", "PollForSourceChanges"],
  },
  {
    name: "CodeBuild",
    owner: "AWS",
    categories: ["Build", "Test"],
    keys: build,
  },
  {
    name: "ECRBuildAndPublish",
    owner: "AWS",
    categories: ["Build"],
    keys: ["ECRRepositoryName", "DockerFilePath", "ImageTags", "RegistryType"],
  },
  {
    name: "DeviceFarm",
    owner: "AWS",
    categories: ["Test"],
    keys: [
      "AppType",
      "ProjectId",
      "App",
      "AppiumVersion",
      "DevicePoolArn",
      "TestType",
      "RadioBluetoothEnabled",
      "RecordAppPerformanceData",
      "RecordVideo",
      "RadioWifiEnabled",
      "RadioNfcEnabled",
      "RadioGpsEnabled",
      "Test",
      "FuzzEventCount",
      "FuzzEventThrottle",
      "FuzzRandomizerSeed",
      "CustomHostMachineArtifacts",
      "CustomDeviceArtifacts",
      "UnmeteredDevicesOnly",
      "JobTimeoutMinutes",
      "Latitude",
      "Longitude",
    ],
  },
  {
    name: "CloudFormation",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "ActionMode",
      "StackName",
      "ChangeSetName",
      "Capabilities",
      "TemplatePath",
      "TemplateConfiguration",
      "RoleArn",
      "ParameterOverrides",
      "OutputFileName",
    ],
  },
  {
    name: "CloudFormationStackSet",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      ...stackSet,
      "Description",
      "TemplatePath",
      "Parameters",
      "Capabilities",
      "PermissionModel",
      "AdministrationRoleArn",
      "ExecutionRoleName",
      "OrganizationsAutoDeployment",
    ],
  },
  {
    name: "CloudFormationStackInstances",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [...stackSet, "ParameterOverrides"],
  },
  { name: "CodeDeploy", owner: "AWS", categories: ["Deploy"], keys: ["ApplicationName", "DeploymentGroupName"] },
  {
    name: "CodeDeployToECS",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "ApplicationName",
      "DeploymentGroupName",
      "TaskDefinitionTemplateArtifact",
      "TaskDefinitionTemplatePath",
      "AppSpecTemplateArtifact",
      "AppSpecTemplatePath",
    ],
    pattern: /^Image[1-4](ArtifactName|ContainerName)$/,
  },
  {
    name: "ECS",
    owner: "AWS",
    categories: ["Deploy"],
    keys: ["ClusterName", "ServiceName", "FileName", "DeploymentTimeout"],
  },
  {
    name: "S3",
    owner: "AWS",
    categories: ["Deploy"],
    keys: ["BucketName", "Extract", "ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"],
  },
  { name: "ElasticBeanstalk", owner: "AWS", categories: ["Deploy"], keys: ["ApplicationName", "EnvironmentName"] },
  {
    name: "AppConfig",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "Application",
      "Environment",
      "ConfigurationProfile",
      "InputArtifactConfigurationPath",
      "DeploymentStrategy",
    ],
  },
  {
    name: "ServiceCatalog",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "TemplateFilePath",
      "ProductVersionName",
      "ProductType",
      "ProductVersionDescription",
      "ProductId",
      "ConfigurationFilePath",
    ],
  },
  // The service is gone; older pipelines have other keys than its last reference.
  { name: "OpsWorks", owner: "AWS", categories: ["Deploy"], keys: undefined },
  {
    name: "Lambda",
    owner: "AWS",
    categories: ["Deploy"],
    keys: ["FunctionName", "FunctionAlias", "PublishedTargetVersion", "DeployStrategy", "Alarms"],
  },
  {
    name: "EC2",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "InstanceTagKey",
      "InstanceTagValue",
      "InstanceType",
      "TargetDirectory",
      "DeploySpec",
      "MaxBatch",
      "MaxError",
      "TargetGroupNameList",
      "PreScript",
      "PostScript",
    ],
  },
  {
    name: "EKS",
    owner: "AWS",
    categories: ["Deploy"],
    keys: [
      "ClusterName",
      "HelmReleaseName",
      "HelmChartLocation",
      "HelmValuesFiles",
      "ManifestFiles",
      "Namespace",
      "Subnets",
      "SecurityGroupIds",
    ],
  },
  {
    name: "AlexaSkillsKit",
    owner: "ThirdParty",
    categories: ["Deploy"],
    keys: ["ClientId", "ClientSecret", "RefreshToken", "SkillId"],
  },
  { name: "Lambda", owner: "AWS", categories: ["Invoke"], keys: ["FunctionName", "UserParameters"] },
  {
    name: "StepFunctions",
    owner: "AWS",
    categories: ["Invoke"],
    keys: ["StateMachineArn", "ExecutionNamePrefix", "InputType", "Input"],
  },
  {
    name: "CodePipeline",
    owner: "AWS",
    categories: ["Invoke"],
    keys: ["PipelineName", "SourceRevisions", "Variables"],
  },
  {
    name: "InspectorScan",
    owner: "AWS",
    categories: ["Invoke"],
    keys: [
      "InspectorRunMode",
      "ECRRepositoryName",
      "ImageTag",
      "CriticalThreshold",
      "HighThreshold",
      "MediumThreshold",
      "LowThreshold",
    ],
  },
  { name: "Snyk", owner: "ThirdParty", categories: ["Invoke"], keys: undefined },
  {
    name: "Manual",
    owner: "AWS",
    categories: ["Approval"],
    keys: ["CustomData", "ExternalEntityLink", "NotificationArn"],
  },
  // Its commands, variables and files stand beside the configuration; the reference lists them among its keys all the same.
  { name: "Commands", owner: "AWS", categories: ["Compute"], keys: undefined },
];

/** A check of a condition, before a stage or after it. */
export type RuleProvider = Pick<Provider, "name" | "keys">;

/** All of them are AWS's own. */
export const ruleProviders: readonly RuleProvider[] = [
  { name: "CloudWatchAlarm", keys: ["AlarmName", "AlarmStates", "WaitTime"] },
  { name: "CodeBuild", keys: build },
  { name: "Commands", keys: undefined },
  { name: "DeploymentWindow", keys: ["Cron", "TimeZone"] },
  { name: "LambdaInvoke", keys: ["FunctionName", "UserParameters"] },
  { name: "VariableCheck", keys: ["Variable", "Operator", "Value"] },
];
