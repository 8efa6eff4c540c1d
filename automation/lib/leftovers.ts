import { paginateGetResources, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { regionOf, type Session } from "./session";

/**
 * ARNs of what still carries the stack's tags, in the stack's region, sorted. Every taggable resource of a component
 * has them. Resources that AWS can't tag are deleted with the ones they belong to.
 *
 * On AWS the tagging index lags: a resource deleted a moment ago may be listed for some minutes.
 * https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
 */
export async function leftovers(session: Session): Promise<string[]> {
  const client = new ResourceGroupsTaggingAPIClient({ region: regionOf(session.settings) });
  try {
    const arns: string[] = [];
    const pages = paginateGetResources(
      { client },
      {
        TagFilters: [
          { Key: "Project", Values: [(await session.stack.workspace.projectSettings()).name] },
          { Key: "Stack", Values: [session.stackName] },
        ],
      },
    );
    for await (const page of pages) {
      for (const { ResourceARN } of page.ResourceTagMappingList ?? []) if (ResourceARN) arns.push(ResourceARN);
    }
    return arns.sort();
  } finally {
    client.destroy();
  }
}
